// A worker that compresses images, in further workers with one thread each.
import { configureRuntime } from 'emerging-flows';
import { serve } from './calls.ts';
import { codecTasks } from './codecTasks.ts';
import { errorSentence } from './models.ts';
import { runtimeOfPage } from './runtimeOfPage.ts';

configureRuntime({
  ...runtimeOfPage,
  startWorker: () => new Worker(new URL('./helper.ts', import.meta.url), { type: 'module', name: 'helper' }),
});
serve(codecTasks, errorSentence);
