// What other folders may import: what a run needs to know about its images.
export { requireLabels } from './classLabels.ts';
export { conditionsFor, requireConditions } from './conditionValues.ts';
