// What other rooms import from this folder.
export { requireLabels } from './classLabels.ts';
export { conditionsFor, requireConditions } from './conditionValues.ts';
