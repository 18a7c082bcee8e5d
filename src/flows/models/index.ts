// Public to other folders: flows with stages, Glow, parts by name, units.
export {
  type ConditionComponent,
  isKnownCondition,
  knownComponents,
  type ModelCondition,
} from './condition.ts';
export { type CouplingChoice, masks, networkWidth } from './couplings.ts';
export {
  boundText,
  type DequantisationName,
  dequantisationName,
  dequantisers,
} from './dequantisation.ts';
export {
  bitsPerDim,
  DEQUANTISER,
  type Encoding,
  type Flow,
  type Likelihood,
  type PlacedPrior,
} from './flow.ts';
export { countParameters, defineFlow, type FlowDefinition, flowFor, flows } from './flowRegistry.ts';
export { checkerboardCounts, Glow } from './glow.ts';
export {
  type ImageValues,
  requireKind,
  type Standardisation,
  type ValueOptions,
  valueBits,
  valuesText,
} from './imageValues.ts';
export { flattenLayers, listLayers, listNoiseLayers, type PlacedLayer } from './layers.ts';
export { type Mixing, mixings, mixingText } from './mixing.ts';
export { type ModelOptions, modelDefaults, recordedOptions } from './options.ts';
export { arrayName, type Groups, ParameterLayout } from './parameterLayout.ts';
export {
  foreignParts,
  type ModelParts,
  partKeys,
  partModules,
  parts,
  partsWithoutModule,
} from './parts.ts';
export { StagedFlow } from './stagedFlow.ts';
export {
  bijectionStage,
  type Densities,
  type PlacedStage,
  type Stage,
  type StagePlace,
  type StageResult,
  type StageValues,
  splitStage,
  sumOfDensities,
  topStage,
} from './stages.ts';
export { bitsIn, bitsPerDimUnit, type ResultUnit, resultUnit, unitNamed } from './unit.ts';
