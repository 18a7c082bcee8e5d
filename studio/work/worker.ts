// The worker that computes with trained models.
import { serve } from './calls.ts';
import { sentenceOf } from './models.ts';
import { tasks } from './tasks.ts';

serve(tasks, sentenceOf);
