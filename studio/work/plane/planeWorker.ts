// A worker with a flow in two dimensions.
import { configureRuntime } from 'emerging-flows';
import { serve } from '../calls.ts';
import { errorSentence } from '../models.ts';
import { runtimeOfPage } from '../runtimeOfPage.ts';
import { warmUp } from '../warmUp.ts';
import { engine } from './layers.ts';
import { planeTasks } from './planeTasks.ts';

configureRuntime(runtimeOfPage);
serve(planeTasks, errorSentence);
warmUp(engine);
