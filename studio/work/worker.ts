// The worker that computes with trained models.
import { compile, input, operations } from 'emerging-flows/tensor';
import { serve } from './calls.ts';
import { sentenceOf } from './models.ts';
import { tasks } from './tasks.ts';

serve(tasks, sentenceOf);

// The runtime is loaded with the first program: with this one, while the first model is fetched and read.
const x = input('x', [1]);
compile({ inputs: { x }, outputs: { y: operations.exp(x) } }).then(
  (program) => program.release(),
  () => {
    // The first task tries it again, and says what is wrong.
  },
);
