// Public to other folders: evaluations and comparisons.
export type { Accuracy, ClassEvaluation } from './classEvaluation.ts';
export { type Comparison, compareModels } from './compareRuns.ts';
export {
  countDraws,
  type Evaluation,
  type EvaluationRecord,
  evaluate,
  evaluateSpread,
  evaluationRecord,
  type MeasuredImage,
  storedEvaluation,
} from './evaluate.ts';
