// Public to other folders: the contracts of bijections, conditions, parameters and dequantisers.
export { type Bijection, type BijectionResult, bijection, chain } from './bijection.ts';
export { CLASSES, type Condition, type ConditionShapes } from './condition.ts';
export {
  type DequantisationNoise,
  type Dequantiser,
  type DequantiserDefinition,
  defineDequantiser,
} from './dequantiser.ts';
export type { CornerMap, CouplingMap, ElementaryMap } from './elementaryMaps.ts';
export { defineMixing, type MixingDefinition } from './mixing.ts';
export {
  countTrained,
  countUnmasked,
  filledParameter,
  normalParameter,
  type ParameterSpec,
  type ParameterSpecs,
  type Parameters,
  parametersFrom,
  startingParameters,
} from './parameters.ts';
