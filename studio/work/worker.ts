// A worker that computes with trained models.
import { configureRuntime } from 'emerging-flows';
import { compile, input, operations } from 'emerging-flows/tensor';
import { serve } from './calls.ts';
import { errorSentence } from './models.ts';
import { runtimeOfPage } from './runtimeOfPage.ts';
import { tasks } from './tasks.ts';

configureRuntime(runtimeOfPage);
serve(tasks, errorSentence);

// Compiling any program loads the runtime: do it while the first model is fetched.
const x = input('x', [1]);
compile({ inputs: { x }, outputs: { y: operations.exp(x) } }).then(
  (program) => program.release(),
  () => {
    // The first task retries, and reports the error.
  },
);
