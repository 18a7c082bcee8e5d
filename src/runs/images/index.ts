// Public to other folders: a run's images, their labels and conditions.
export { requireLabels } from './classLabels.ts';
export { conditionsFor, requireConditions } from './conditionValues.ts';
