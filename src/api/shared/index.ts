// What `emerging-flows` exports in Node and in pages.

export { UserError, type UserErrorCode } from '../../core/errors.ts';
export { type ImageShape, type NdArray, RandomStream } from '../../core/numeric/index.ts';
export {
  type ClassChoice,
  type Classification,
  type ConditionChoice,
  type Corrections,
  FlowModel,
  type SampleOptions,
  type StageDescription,
  type TrainedModel,
  type WorkOptions,
} from '../../model/index.ts';
export type { ModelFiles } from '../../model/loading/index.ts';
export { type Comparison, compareModels, type Evaluation, evaluate } from '../../model/measure/index.ts';
export type { ReferenceScores } from '../../model/referenceScores.ts';
export {
  compress,
  type Decompressed,
  decompress,
  type NamedImage,
} from '../../uses/codec/index.ts';
export { type Diagnosis, diagnose } from '../../uses/doctor/index.ts';
export { inferConditions, type Posterior } from '../../uses/infer/index.ts';
export {
  measureReference,
  type ScoreColumn,
  type ScoreDefinition,
  type ScoredImage,
  type ScoreOptions,
  type ScoreReport,
  type SourceComparison,
  score,
} from '../../uses/odd/index.ts';
