// Public to other folders: scores and maps of odd images.
export { uniformity } from './kolmogorovSmirnov.ts';
export { ENOUGH_TO_CALL, ODD } from './limits.ts';
export { type OddPlace, oddPlaces } from './places.ts';
export { measureReference, requireFinite } from './reference.ts';
export {
  LEAST_REFERENCES,
  type ScoreColumn,
  type ScoredImage,
  type ScoreOptions,
  type ScoreReport,
  type SourceComparison,
  score,
} from './score.ts';
export { defineScore, percentileOddness, type ScoreDefinition, scorePhrase, scores } from './scores/index.ts';
