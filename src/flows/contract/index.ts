// Public to other folders: the contracts of bijections, conditions, parameters and dequantisers.
export { type Bijection, type BijectionDefinition, type BijectionResult, bijection } from './bijection.ts';
export { chain } from './chain.ts';
export {
  CLASSES,
  type Condition,
  type ConditionShapes,
} from './condition.ts';
export {
  type DequantisationNoise,
  type Dequantiser,
  type DequantiserDefinition,
  defineDequantiser,
  uniformDequantiser,
} from './dequantiser.ts';
export type {
  AffineScalarMap,
  CornerMap,
  CouplingMap,
  ElementaryMap,
  MatrixMap,
  OrderMap,
  ScalarForm,
  ScalarTransformer,
  ScaleMap,
  ShiftMap,
} from './elementaryMaps.ts';
export { defineMixing, type MixedImages, type MixingDefinition } from './mixing.ts';
export {
  countTrained,
  countUnmasked,
  filledParameter,
  normalParameter,
  type ParameterSpec,
  type ParameterSpecs,
  type Parameters,
  parametersFrom,
  type StartingParameters,
  startingParameters,
} from './parameters.ts';
