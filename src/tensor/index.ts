// Public to other folders: tensors, shapes, definitions of programs.
export type { ProgramDefinition } from './programDefinition.ts';
export { elementCount, isOpen, OPEN_BATCH, type Shape, sameShape, showShape } from './shape.ts';
export { constant, constantValue, input, ShapeError, Tensor } from './tensor.ts';
export { topologicalOrder } from './traversal.ts';
