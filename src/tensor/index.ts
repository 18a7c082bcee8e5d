// Public to other folders: tensors, shapes, definitions of programs.
export type { ProgramDefinition } from './programDefinition.ts';
export { elementCount, isOpen, OPEN_BATCH, type Shape, sameShape, showShape } from './shape.ts';
export {
  constant,
  constantValue,
  input,
  type Operation,
  ShapeError,
  type ShapeProblem,
  Tensor,
} from './tensor.ts';
export { topologicalOrder } from './traversal.ts';
