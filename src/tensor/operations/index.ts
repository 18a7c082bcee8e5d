// All operations, for code that builds graphs.
export { expand, sum, sumPerImage } from './broadcast.ts';
export { checkpoint, detach, isRemembered, remember } from './checkpoint.ts';
export {
  type Boundary,
  type ConvolutionOptions,
  convolution,
  edgeResponse,
  fold,
  type Offset,
  pointwise,
  squareOffsets,
  unfold,
} from './convolution.ts';
export {
  type Applied,
  add,
  clip,
  divide,
  equal,
  greater,
  less,
  maximum,
  multiply,
  negate,
  type Operand,
  subtract,
  where,
} from './elementwise.ts';
export { everyOther } from './everyOther.ts';
export { type ConvolutionExponent, expConvolution } from './expConvolution.ts';
export { fixedPoint } from './fixedPoint.ts';
export { floor } from './floor.ts';
export {
  abs,
  atan,
  cos,
  elu,
  erf,
  exp,
  log,
  logAbs,
  logSigmoid,
  relu,
  sigmoid,
  sin,
  softplus,
  sqrt,
  step,
  tanh,
} from './functions.ts';
export {
  concatenate,
  flip,
  identity,
  invertPermutation,
  pad,
  reorder,
  reshape,
  slice,
  split,
  transpose,
  zeros,
} from './layout.ts';
export {
  complexInverse,
  complexLogAbsDet,
  inverse,
  logAbsDet,
  type ProductOptions,
  product,
  stackedProduct,
} from './linearAlgebra.ts';
export { oneHot } from './oneHot.ts';
export { max, mean, softmax } from './reductions.ts';
export { type CornerOptions, solveCorner } from './solveCorner.ts';
export { toeplitz } from './toeplitz.ts';
