// Public to other folders: evaluations and comparisons.
export type { Accuracy, ClassEvaluation } from './classEvaluation.ts';
export { type Comparison, compareModels } from './compareRuns.ts';
export { countDraws, type Evaluation, evaluate, type MeasuredImage } from './evaluate.ts';
export {
  type EvaluationRecord,
  evaluateSpread,
  evaluationRecord,
  storedEvaluation,
} from './evaluationRecord.ts';
