// The door of this folder for other rooms: the graph of the likelihood and its inputs.
export {
  asConditionInputs,
  type ConditionArrays,
  type Conditioned,
  type ConditionReader,
  componentReader,
  componentsOf,
  conditionInputs,
  conditionOf,
  conditionReader,
  type NamedCondition,
  oneHotClasses,
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
