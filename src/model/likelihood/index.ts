// What other rooms import from this folder.
export {
  type ConditionArrays,
  type Conditioned,
  type ConditionReader,
  componentReader,
  componentsOf,
  conditionInputs,
  conditionOf,
  conditionReader,
  oneHotRows,
} from './conditionArrays.ts';
export {
  type Batch,
  type BatchNoise,
  bitsPerDimFrom,
  bitsPerDimOf,
  imageArray,
  likelihoodDefinition,
  mapBatch,
  measureBitsPerDim,
  partOf,
  requireNoise,
} from './likelihood.ts';
