// `emerging-flows/tensor`: symbolic tensors, their gradients, and programs compiled from them.

export { type AnyArray, DeviceArray, type NamedArrays, type ProgramArrays } from '../engine/arrays.ts';
export { DeviceMemory } from '../engine/deviceMemory.ts';
export type { Device } from '../engine/devices/device.ts';
export { type ExportOnnxOptions, exportOnnx } from '../engine/exportOnnx.ts';
export type { InverseMethod } from '../engine/graph/prepare.ts';
export type { Precision } from '../engine/onnx/emitter.ts';
export { type CompileOptions, compile, type Program } from '../engine/program.ts';
export type { Traffic } from '../engine/traffic.ts';
export type { Parity } from '../numeric/parity.ts';
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
