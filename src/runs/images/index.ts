// The door of this folder for other rooms: what a run needs to know about its images.
export { requireLabels } from './classLabels.ts';
export { conditionsFor, requireConditions } from './conditionValues.ts';
