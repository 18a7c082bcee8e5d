// Public to other folders: tensors, shapes, definitions of programs.
export {
  constant,
  constantValue,
  elementCount,
  input,
  isOpen,
  OPEN_BATCH,
  type ProgramDefinition,
  type Shape,
  ShapeError,
  sameShape,
  showShape,
  Tensor,
  topologicalOrder,
} from './tensor.ts';
