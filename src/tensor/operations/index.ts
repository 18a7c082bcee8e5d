// All operations, for those who build graphs.
export { checkpoint, remember } from './checkpoint.ts';
export {
  abs,
  add,
  clip,
  divide,
  exp,
  log,
  logAbs,
  logSigmoid,
  maximum,
  multiply,
  negate,
  type Operand,
  relu,
  sigmoid,
  sqrt,
  subtract,
} from './elementwise.ts';
export { fixedPoint } from './fixedPoint.ts';
export { floor } from './floor.ts';
export {
  concatenate,
  expand,
  flip,
  identity,
  inBlocks,
  invertPermutation,
  pad,
  reorder,
  reshape,
  slice,
  split,
  transpose,
  zeros,
} from './layout.ts';
export { complexInverse, complexLogAbsDet, inverse, logAbsDet } from './linearAlgebra.ts';
export { oneHot } from './oneHot.ts';
export { product, stackedProduct } from './product.ts';
export { sum, sumPerImage } from './reduce.ts';
export { type Boundary, fold, type Offset, unfold } from './shift.ts';
export { solveCorner } from './solveCorner.ts';
