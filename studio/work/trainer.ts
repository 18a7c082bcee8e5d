// A worker that trains a model and stores its run in the browser's private file system.
import { configureRuntime } from 'emerging-flows';
import { serve } from './calls.ts';
import { errorSentence } from './models.ts';
import { runtimeOfPage } from './runtimeOfPage.ts';
import { trainingTasks } from './trainingTasks.ts';

configureRuntime({
  ...runtimeOfPage,
  startWorker: () => new Worker(new URL('./helper.ts', import.meta.url), { type: 'module', name: 'helper' }),
});
serve(trainingTasks, errorSentence);
