// Public to other folders: the graph of the likelihood and its inputs.
export {
  asConditionInputs,
  type ConditionArrays,
  type Conditioned,
  type ConditionReader,
  conditionComponents,
  conditionFromArrays,
  conditionInputs,
  conditionReader,
  type NamedCondition,
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
