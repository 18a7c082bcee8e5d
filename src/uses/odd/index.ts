// What other rooms import from this folder.
export { ENOUGH_TO_CALL, leastPValue, ODD } from './calibrate.ts';
export { uniformity } from './kolmogorovSmirnov.ts';
export {
  defaultScore,
  type OddScore,
  type OddScoreName,
  oddScoreNames,
  oddScores,
  type ScoreNeed,
} from './oddScores.ts';
export { type OddPlace, type OddPlaces, oddPlaces } from './places.ts';
export { measureReference, requireFinite } from './reference.ts';
export type { SourceComparison, SourceShift } from './sameSource.ts';
export {
  LEAST_REFERENCES,
  type OddOptions,
  type OddReport,
  type OddReports,
  oddReport,
  oddReports,
  type Score,
  type ScoredClasses,
  score,
} from './score.ts';
export type { PixelStatisticName } from './statistics/pixelStatistics.ts';
