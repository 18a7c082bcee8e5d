// The public API: build a model, compile and run it, read datasets, take a bijection of your own.

export type { Dataset, DatasetSource, ImageSet, NamedDataset } from './data/dataset.ts';
export { datasets, openDataset } from './data/registry.ts';
export { type CompileOptions, compile, type NamedArrays, type Program } from './engine/program.ts';
export type { Device } from './engine/runtime.node.ts';
export { UserError } from './errors.ts';
export type { Config, ConfigLayer } from './experiments/config.ts';
export { type Preset, presets, type ReportedResult } from './experiments/presets.ts';
export { type ConfigSources, resolveConfig } from './experiments/resolve.ts';
export { actnorm } from './flows/actnorm.ts';
export type { Bijection, Transformed } from './flows/bijection.ts';
export { chain } from './flows/chain.ts';
export { conv1x1 } from './flows/conv1x1.ts';
export { coupling } from './flows/coupling.ts';
export { type EmergingOptions, emerging } from './flows/emerging.ts';
export {
  countTrained,
  filledParameter,
  normalParameter,
  type ParameterSpec,
  type ParameterSpecs,
  type Parameters,
  parametersFrom,
  prefixed,
  type StartingParameters,
  startingParameters,
} from './flows/parameters.ts';
export { squeeze } from './flows/squeeze.ts';
export {
  bitsPerDim,
  countParameters,
  type Encoding,
  Glow,
  type GlowOptions,
  type Likelihood,
} from './models/glow.ts';
export type { Mixing } from './models/mixing.ts';
export type { ImageShape } from './numeric/imageShape.ts';
export type { NdArray } from './numeric/ndarray.ts';
export { RandomStream } from './numeric/random.ts';
export type { AttributeValue, Emitter, Precision, RealAttribute } from './tensor/emitter.ts';
export { gradients } from './tensor/gradient.ts';
/** What can be computed with symbolic tensors: every operation, differentiable unless it says otherwise. */
export * as operations from './tensor/operations/index.ts';
export type { ProgramDefinition } from './tensor/program.ts';
export { OPEN_BATCH, type Shape } from './tensor/shape.ts';
export { apply, constant, input, type Operation, type ShapeProblem, type Tensor } from './tensor/tensor.ts';
