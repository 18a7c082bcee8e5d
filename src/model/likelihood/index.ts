// The door of this folder for other rooms: the graph of the likelihood and its inputs.
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
