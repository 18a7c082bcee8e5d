// A worker that computes with trained models.
import { configureRuntime } from 'emerging-flows';
import { serve } from './calls.ts';
import { errorSentence } from './models.ts';
import { runtimeOfPage } from './runtimeOfPage.ts';
import { tasks } from './tasks.ts';
import { warmUp } from './warmUp.ts';

configureRuntime(runtimeOfPage);
serve(tasks, errorSentence);
warmUp();
