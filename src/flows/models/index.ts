// Public to other folders: flows with stages, Glow, parts by name, limits, units.

export { variationalDequantiser } from '../dequantisers/variationalDequantiser.ts';
export { boundaries } from '../layers/scaledConvolution.ts';
export { MOST_CHANNELS } from '../layers/sharedOptions.ts';
export { DEQUANTISER, type Flow } from './flow.ts';
export { countParameters, defineFlow, type FlowDefinition, flowFor, flows } from './flowRegistry.ts';
export { checkerboardCounts, Glow } from './glow.ts';
export {
  type ImageValues,
  requireColumns,
  requireKind,
  type Standardisation,
  valueBits,
  valuesText,
} from './imageValues.ts';
export { flattenLayers, listLayers, listNoiseLayers, type PlacedLayer } from './layers.ts';
export {
  type ConditionComponent,
  isKnownCondition,
  knownComponents,
  type ModelOptions,
  modelDefaults,
  recordedOptions,
} from './options.ts';
export { arrayName, type Groups, ParameterLayout } from './parameterLayout.ts';
export {
  boundText,
  type DequantisationName,
  dequantisationName,
  dequantisers,
  type Mixing,
  masks,
  mixings,
  mixingText,
  networkWidth,
} from './partRegistries.ts';
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
  type Densities,
  type PlacedPart,
  type Stage,
  type StagePlace,
  type StageResult,
  type StageValues,
  sumOfDensities,
} from './stages.ts';
export { bitsIn, bitsPerDimUnit, type ResultUnit, resultUnit, unitNamed } from './unit.ts';
