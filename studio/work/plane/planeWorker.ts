// A worker with a flow in two dimensions.
import { serve } from '../calls.ts';
import { sentenceOf } from '../models.ts';
import { planeTasks } from './planeTasks.ts';

serve(planeTasks, sentenceOf);
