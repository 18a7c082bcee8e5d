// Public to other folders: arrays, shapes, statistics, random streams.

export {
  bitsOfKind,
  bytesOfValue,
  bytesOfValues,
  concatenated,
  copied,
  copyInto,
  countDimensions,
  countElements,
  type ImageShape,
  imageShapeIn,
  inEightBits,
  isPointShape,
  joinBytes,
  kindInWords,
  largestImage,
  type NdArray,
  oneHotRows,
  showImageShape,
  timesHalved,
  type ValueKind,
  type Values,
  valueKind,
  valueKinds,
  valuesInBytes,
  zeros,
} from './arrays.ts';
export { BitStack, INTERVAL_TOTAL, StackEmpty } from './bitStack.ts';
export { type ComplexInverses, invertComplexMatrices } from './complexMatrices.ts';
export {
  cornerTiles,
  solveCornerSequentially,
  type TileLayout,
  type TileNeighbour,
  type TileOptions,
} from './cornerTiles.ts';
export { largestDivisor } from './divisor.ts';
export {
  decompose,
  invert,
  type LuDecomposition,
  logAbsDeterminant,
  logAbsPivotProduct,
  orthogonalFactors,
  randomOrthogonal,
} from './linearAlgebra.ts';
export { once } from './once.ts';
export {
  requireArgument,
  requireFinite,
  requireFraction,
  requireKnown,
  requireWhole,
} from './optionValues.ts';
export { otherParity, type Parity, pixelParity, pixelsOfParity } from './parity.ts';
export {
  normalDistribution,
  portableCos,
  portableExp,
  portableExpm1,
  portableLog,
  portableLog1p,
  portableSigmoid,
  portableSin,
  portableTanh,
} from './portableMath.ts';
export { RandomStream } from './random.ts';
export { holm, overSeeds, pairedDifferences, type SeedMean, studentTest } from './seedStatistics.ts';
export {
  countNonFinite,
  dot,
  Moments,
  mean,
  median,
  quantile,
  relativeError,
  standardErrorOfMean,
  valueRange,
  variance,
} from './statistics.ts';
