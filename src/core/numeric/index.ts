// Public to other folders: arrays, shapes, statistics, random streams.
export { BitStack, INTERVAL_TOTAL, StackEmpty } from './bitStack.ts';
export { countNonFinite, dot, relativeError } from './compare.ts';
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
  countDimensions,
  type ImageShape,
  imageShapeIn,
  isPointShape,
  largestImage,
  showImageShape,
  timesHalved,
} from './imageShape.ts';
export {
  decompose,
  invert,
  type LuDecomposition,
  logAbsDeterminant,
  logAbsPivotProduct,
  orthogonalFactors,
  randomOrthogonal,
} from './linearAlgebra.ts';
export { countElements, type NdArray, oneHotRows } from './ndarray.ts';
export { once } from './once.ts';
export { requireArgument, requireFinite, requireKnown, requireWhole } from './optionValues.ts';
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
export { Moments, mean, median, quantile, standardErrorOfMean, valueRange, variance } from './statistics.ts';
export {
  bitsOfKind,
  bytesOfValue,
  bytesOfValues,
  concatenated,
  copied,
  copyInto,
  inEightBits,
  kindInWords,
  type ValueKind,
  type Values,
  valueKind,
  valueKinds,
  valuesInBytes,
  zeros,
} from './values.ts';
