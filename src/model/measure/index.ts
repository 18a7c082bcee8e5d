// What other rooms import from this folder.
export type { Accuracy, ClassEvaluation, ClassResult } from './classEvaluation.ts';
export { type Comparison, compareModels } from './compareRuns.ts';
export {
  drawsOf,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type ImportanceBound,
  type MeasuredImage,
} from './evaluate.ts';
export { compareImages, dequantised, type ReturnedImages, summariseReturned } from './returnedImages.ts';
