// `emerging-flows/tensor`: symbolic tensors, their gradients, and programs compiled from them.

export type { Parity } from '../core/numeric/index.ts';
export { type ExportOnnxOptions, exportOnnx } from '../tensor/engine/exportOnnx.ts';
export {
  type AnyArray,
  type CompileOptions,
  compile,
  type Device,
  DeviceArray,
  DeviceMemory,
  type InverseMethod,
  type NamedArrays,
  type Precision,
  type Program,
  type ProgramArrays,
  type Traffic,
} from '../tensor/engine/index.ts';
export { gradients } from '../tensor/gradients/gradient.ts';
export {
  constant,
  constantValue,
  input,
  OPEN_BATCH,
  type Operation,
  type ProgramDefinition,
  type Shape,
  ShapeError,
  type ShapeProblem,
  type Tensor,
} from '../tensor/index.ts';
/** Every operation on symbolic tensors, differentiable unless stated otherwise. */
export * as operations from '../tensor/operations/index.ts';
