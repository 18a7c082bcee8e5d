// `emerging-flows/tensor`: symbolic tensors, their gradients, and programs compiled from them.

export {
  compile,
  type Device,
  type DeviceArray,
  DeviceMemory,
  exportOnnx,
  type NamedArrays,
  type Precision,
  type Program,
} from '../tensor/engine/index.ts';
export { gradients } from '../tensor/gradients/gradient.ts';
export {
  constant,
  constantValue,
  input,
  OPEN_BATCH,
  type ProgramDefinition,
  type Shape,
  ShapeError,
  type Tensor,
} from '../tensor/index.ts';
/** Every operation on symbolic tensors, differentiable unless stated otherwise. */
export * as operations from '../tensor/operations/index.ts';
