// The door of this folder for other rooms: flows with stages, Glow, parts by name, units.
export {
  type ConditionComponent,
  isKnownCondition,
  knownComponents,
  type ModelCondition,
} from './condition.ts';
export {
  type ConditionerPart,
  type CouplingChoice,
  type CouplingOptions,
  type MaskPart,
  masks,
  registerConditioner,
  registerMask,
  registerTransformer,
  type TransformerPart,
} from './couplings.ts';
export {
  boundText,
  type DequantisationName,
  dequantisationNames,
  dequantisationOf,
  dequantisations,
} from './dequantisation.ts';
export {
  bitsPerDim,
  DEQUANTISER,
  type Encoding,
  type Flow,
  type Likelihood,
  type PlacedPrior,
} from './flow.ts';
export { countParameters, type FlowPart, flowFor, flows, registerFlow } from './flowRegistry.ts';
export { checkerboardsOf, Glow } from './glow.ts';
export {
  bitsOf,
  type ImageValues,
  requireKind,
  type Standardisation,
  type ValueOptions,
  valuesText,
} from './imageValues.ts';
export { layersOf, noiseLayersOf, type PlacedLayer, partsOf } from './layers.ts';
export {
  type Mixing,
  type MixingName,
  type MixingOptions,
  type MixingPart,
  mixingParts,
  mixings,
  registerMixing,
} from './mixing.ts';
export { type ModelOptions, modelDefaults, optionalDefaults } from './options.ts';
export { arrayName, type Groups, ParameterLayout } from './parameterLayout.ts';
export type { NamedPart, Own } from './partRegistry.ts';
export {
  foreignParts,
  modulesOf,
  nameOf,
  optionsUsedBy,
  type PartChoice,
  type PartKey,
  partKeys,
  parts,
  usersOf,
} from './parts.ts';
export { type PriorOptions, type PriorPart, registerPrior } from './priors.ts';
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
export { bitsIn, bitsPerDimUnit, type ResultUnit, unitNamed, unitOf } from './unit.ts';
