// Public to other folders: the graph of the likelihood and its inputs.
export {
  asConditionInputs,
  type ConditionArrays,
  type Conditioned,
  type ConditionReader,
  componentReader,
  conditionComponents,
  conditionFromArrays,
  conditionInputs,
  conditionReader,
  type NamedCondition,
  oneHotClasses,
} from './conditionArrays.ts';
export {
  type Batch,
  bitsPerDimFrom,
  buildBitsPerDim,
  imageArray,
  likelihoodDefinition,
  mapBatch,
  measureBitsPerDim,
  requireNoise,
  sliceBatch,
} from './likelihood.ts';
