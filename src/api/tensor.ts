// `emerging-flows/tensor`: symbolic tensors, their gradients, and programs compiled from them.

export type { Parity } from '../core/numeric/parity.ts';
export { type AnyArray, DeviceArray, type NamedArrays, type ProgramArrays } from '../tensor/engine/arrays.ts';
export { DeviceMemory } from '../tensor/engine/deviceMemory.ts';
export type { Device } from '../tensor/engine/devices/device.ts';
export { type ExportOnnxOptions, exportOnnx } from '../tensor/engine/exportOnnx.ts';
export type { InverseMethod } from '../tensor/engine/graph/prepare.ts';
export type { Precision } from '../tensor/engine/onnx/emitter.ts';
export { type CompileOptions, compile, type Program } from '../tensor/engine/program.ts';
export type { Traffic } from '../tensor/engine/traffic.ts';
export { gradients } from '../tensor/gradients/gradient.ts';
/** Every operation on symbolic tensors, differentiable unless stated otherwise. */
export * as operations from '../tensor/operations/index.ts';
export type { ProgramDefinition } from '../tensor/programDefinition.ts';
export { OPEN_BATCH, type Shape } from '../tensor/shape.ts';
export {
  constant,
  constantValue,
  input,
  type Operation,
  ShapeError,
  type ShapeProblem,
  type Tensor,
} from '../tensor/tensor.ts';
