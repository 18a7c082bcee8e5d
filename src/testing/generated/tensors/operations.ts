// How a call of each operation is drawn, and how it is made in a graph.
import type { Parity } from '../../../core/numeric/index.ts';
import type { Offset } from '../../../tensor/operations/convolution.ts';
import * as op from '../../../tensor/operations/index.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { Choices } from './choices.ts';
import type { Call, Draft } from './draft.ts';
import type { Attributes } from './program.ts';

interface OperationKind {
  draw(draft: Draft, choices: Choices): Call;
  build(inputs: readonly Tensor[], attributes: Attributes): Tensor;
  /** Whether gradients end at it: its operands are detached where a gradient is asked for. */
  readonly hasNoGradient?: boolean;
}

/** An operation of one tensor of any shape. */
function unary(build: (x: Tensor) => Tensor, hasNoGradient = false): OperationKind {
  return {
    draw: (draft, choices) => ({ inputs: [draft.any(choices)] }),
    build: ([x]) => build(x!),
    hasNoGradient,
  };
}

/** An operation of two tensors that broadcast. */
function binary(build: (a: Tensor, b: Tensor) => Tensor): OperationKind {
  return {
    draw(draft, choices) {
      const a = draft.any(choices);
      return { inputs: choices.flip([a, draft.broadcastable(choices, draft.shape(a))]) };
    },
    build: ([a, b]) => build(a!, b!),
  };
}

/** An operation along one axis. */
function alongAxis(
  draw: (length: number, choices: Choices) => Attributes,
  build: (x: Tensor, attributes: Attributes & { axis: number }) => Tensor,
): OperationKind {
  return {
    draw(draft, choices) {
      const x = draft.ranked(choices, (rank) => rank > 0, [3]);
      const axis = choices.below(draft.shape(x).length);
      return { inputs: [x], attributes: { axis, ...draw(draft.shape(x)[axis]!, choices) } };
    },
    build: ([x], attributes) => build(x!, attributes as Attributes & { axis: number }),
  };
}

function reduction(build: (x: Tensor, axes: readonly number[]) => Tensor): OperationKind {
  return {
    draw(draft, choices) {
      const x = draft.any(choices);
      const axes = draft.shape(x).flatMap((_, axis) => (choices.below(2) === 1 ? [axis] : []));
      return { inputs: [x], attributes: { axes: choices.below(2) === 1 ? axes.toReversed() : axes } };
    },
    build: ([x], { axes }) => build(x!, axes!),
  };
}

/** A stack of square matrices; with `first`, an axis of this length before it. */
function squareMatrices(build: (w: Tensor) => Tensor, first: readonly number[] = []): OperationKind {
  return {
    draw(draft, choices) {
      const size = 1 + choices.below(3);
      const stack = choices.below(2) === 1 ? [1 + choices.below(2)] : [];
      return { inputs: [draft.shaped(choices, [...first, ...stack, size, size])] };
    },
    build: ([w]) => build(w!),
  };
}

function drawOffsets(choices: Choices): Offset[] {
  return Array.from(
    { length: 1 + choices.below(4) },
    (): Offset => [choices.below(5) - 2, choices.below(5) - 2],
  );
}

/** The distinct taps of a small kernel, which a kernel of its own fits. */
function convolutionCall(draft: Draft, choices: Choices, isExponential: boolean): Call {
  const x = draft.images(choices);
  const channels = draft.shape(x)[3]!;
  const offsets = drawOffsets(choices);
  if (isExponential) {
    const kernel = draft.shaped(choices, [offsets.length, channels, channels], 'small');
    const normBound = draft.values(kernel).reduce((sum, value) => sum + Math.abs(value), 0.01);
    return { inputs: [x, kernel], attributes: { offsets, normBound } };
  }
  const edge = choices.below(3) === 1;
  if (edge) {
    // It tells inside from outside by the tap at the pixel itself.
    offsets[0] = [0, 0];
  }
  const boundary = choices.below(2) === 1 ? 'wrap' : 'zero';
  const kernel = draft.shaped(choices, [offsets.length, channels + (edge ? 1 : 0), 1 + choices.below(3)]);
  return { inputs: [x, kernel], attributes: { offsets, boundary, edge } };
}

/** Every operation by the name that `tensor/operations` exports. */
export const operationKinds: Readonly<Record<string, OperationKind>> = {
  abs: unary(op.abs),
  add: binary(op.add),
  atan: unary(op.atan),
  checkpoint: unary(op.checkpoint),
  clip: {
    draw: (draft, choices) => ({
      inputs: [draft.any(choices)],
      attributes: { limit: [1, 0, 0.25, 100][choices.below(4)]! },
    }),
    build: ([x], { limit }) => op.clip(x!, limit!),
  },
  complexInverse: { ...squareMatrices(op.complexInverse, [2]), hasNoGradient: true },
  complexLogAbsDet: squareMatrices(op.complexLogAbsDet, [2]),
  concatenate: {
    draw(draft, choices) {
      const x = draft.ranked(choices, (rank) => rank > 0, [2]);
      const axis = choices.below(draft.shape(x).length);
      const others = Array.from({ length: choices.below(3) }, () => {
        const length = 1 + choices.below(3);
        return draft.shaped(
          choices,
          draft.shape(x).map((one, other) => (other === axis ? length : one)),
        );
      });
      return { inputs: [x, ...others], attributes: { axis } };
    },
    build: (parts, { axis }) => op.concatenate(parts, axis!),
  },
  convolution: {
    draw: (draft, choices) => convolutionCall(draft, choices, false),
    build: ([x, kernel], { offsets, boundary, edge }) =>
      op.convolution(x!, kernel!, { offsets: offsets!, boundary: boundary!, edge: edge! }),
  },
  cos: unary(op.cos),
  detach: unary(op.detach),
  divide: binary(op.divide),
  edgeResponse: {
    draw(draft, choices) {
      const offsets = drawOffsets(choices);
      const [height, width] = [1 + choices.below(3), 2 + choices.below(3)];
      const parity = choices.below(2) === 1 ? (choices.below(2) as Parity) : undefined;
      const kernel = draft.shaped(choices, [offsets.length, 1 + choices.below(3)]);
      return {
        inputs: [kernel],
        attributes: { height, width, offsets, ...(parity !== undefined && { parity }) },
      };
    },
    build: ([kernel], { height, width, offsets, parity }) =>
      op.edgeResponse(height!, width!, kernel!, offsets!, parity),
  },
  elu: unary(op.elu),
  equal: binary(op.equal),
  erf: unary(op.erf),
  everyOther: {
    draw(draft, choices) {
      const x = draft.images(choices, true);
      return { inputs: [x], attributes: { parity: choices.below(2) as Parity } };
    },
    build: ([x], { parity }) => op.everyOther(x!, parity!),
  },
  exp: unary(op.exp),
  expConvolution: {
    draw: (draft, choices) => convolutionCall(draft, choices, true),
    build: ([x, kernel], { offsets, normBound }) =>
      op.expConvolution(x!, kernel!, { offsets: offsets!, normBound: normBound! }),
  },
  expand: {
    draw(draft, choices) {
      const x = draft.any(choices);
      const front = Array.from({ length: choices.below(3) }, () => 1 + choices.below(2));
      const copied = draft.shape(x).map((length) => (length === 1 ? 1 + choices.below(3) : length));
      return { inputs: [x], attributes: { shape: [...front, ...copied] } };
    },
    build: ([x], { shape }) => op.expand(x!, shape!),
  },
  fixedPoint: {
    draw(draft, choices) {
      const start = draft.any(choices);
      const shift = draft.shaped(choices, draft.shape(start));
      const attributes = { limit: 1 + choices.below(40), factor: choices.below(9) / 8 - 0.5 };
      return { inputs: [start, shift], attributes };
    },
    build: ([start, shift], { limit, factor }) =>
      op.fixedPoint(start!, limit!, (x) => op.add(op.multiply(op.sin(x), factor!), shift!)),
    hasNoGradient: true,
  },
  flip: alongAxis(
    () => ({}),
    (x, { axis }) => op.flip(x, axis),
  ),
  floor: unary(op.floor, true),
  fold: {
    draw(draft, choices) {
      const offsets = drawOffsets(choices);
      const shape = [1 + choices.below(2), 1 + choices.below(3), 1 + choices.below(3)];
      const x = draft.shaped(choices, [...shape, offsets.length * (1 + choices.below(2))]);
      return { inputs: [x], attributes: { offsets, boundary: choices.below(2) === 1 ? 'wrap' : 'zero' } };
    },
    build: ([x], { offsets, boundary }) => op.fold(x!, offsets!, boundary),
  },
  greater: binary(op.greater),
  identity: {
    draw: (_, choices) => ({ inputs: [], attributes: { size: 1 + choices.below(4) } }),
    build: (_, { size }) => op.identity(size!),
  },
  inverse: squareMatrices(op.inverse),
  less: binary(op.less),
  log: unary(op.log),
  logAbs: unary(op.logAbs),
  logAbsDet: squareMatrices(op.logAbsDet),
  logSigmoid: unary(op.logSigmoid),
  max: reduction(op.max),
  maximum: binary(op.maximum),
  mean: reduction(op.mean),
  multiply: binary(op.multiply),
  negate: unary(op.negate),
  oneHot: {
    draw(draft, choices) {
      const size = 1 + choices.below(4);
      const indices = Array.from({ length: 1 + choices.below(3) }, () => choices.below(size));
      return { inputs: [draft.given([indices.length], indices, choices)], attributes: { size } };
    },
    build: ([indices], { size }) => op.oneHot(indices!, size!),
    hasNoGradient: true,
  },
  pad: alongAxis(
    (_, choices) => ({
      before: choices.below(3),
      after: choices.below(3),
      value: [0, 1, -2.5][choices.below(3)]!,
    }),
    (x, { axis, before, after, value }) => op.pad(x, axis, before!, after!, value),
  ),
  pointwise: {
    draw(draft, choices) {
      const x = draft.images(choices);
      return { inputs: [x, draft.shaped(choices, [draft.shape(x)[3]!, 1 + choices.below(4)])] };
    },
    build: ([x, weight]) => op.pointwise(x!, weight!),
  },
  product: {
    draw(draft, choices) {
      const a = draft.ranked(choices, (rank) => rank === 2, [2, 3]);
      const [transposeA, transposeB] = [choices.below(2) === 1, choices.below(2) === 1];
      const [rows, inner] = transposeA ? draft.shape(a).toReversed() : draft.shape(a);
      const columns = 1 + choices.below(4);
      const b = draft.shaped(choices, transposeB ? [columns, inner!] : [inner!, columns]);
      const biasShape = [undefined, [columns], [rows!, 1], [rows!, columns]][choices.below(4)];
      const bias = biasShape ? [draft.shaped(choices, biasShape)] : [];
      return { inputs: [a, b, ...bias], attributes: { transposeA, transposeB } };
    },
    build: ([a, b, bias], { transposeA, transposeB }) =>
      op.product(a!, b!, { transposeA: transposeA!, transposeB: transposeB!, bias }),
  },
  relu: unary(op.relu),
  remember: unary(op.remember),
  reorder: alongAxis(
    (length, choices) => ({ order: choices.permutation(length) }),
    (x, { axis, order }) => op.reorder(x, axis, order!),
  ),
  reshape: {
    draw(draft, choices) {
      const x = draft.any(choices);
      const count = draft.values(x).length;
      const divisors = Array.from({ length: count }, (_, n) => n + 1).filter((n) => count % n === 0);
      const rows = divisors[choices.below(divisors.length)]!;
      const shapes = [[count], [rows, count / rows], [rows, 1, count / rows], [1, rows, count / rows, 1]];
      return { inputs: [x], attributes: { shape: shapes[choices.below(4)]! } };
    },
    build: ([x], { shape }) => op.reshape(x!, shape!),
  },
  sigmoid: unary(op.sigmoid),
  sin: unary(op.sin),
  slice: alongAxis(
    (length, choices) => {
      const start = choices.below(length);
      return { start, end: start + 1 + choices.below(length - start) };
    },
    (x, { axis, start, end }) => op.slice(x, axis, start!, end!),
  ),
  softmax: alongAxis(
    () => ({}),
    (x, { axis }) => op.softmax(x, axis),
  ),
  softplus: unary(op.softplus),
  solveCorner: {
    draw(draft, choices) {
      const y = draft.images(choices);
      const channels = draft.shape(y)[3]!;
      const side = 1 + choices.below(3);
      const values = Array.from({ length: side * side * channels * channels }, (_, index) => {
        const [row, column] = [Math.floor(index / channels) % channels, index % channels];
        const isCentre = index < channels * channels;
        const diagonal = isCentre && row === column ? 1 + choices.below(3) : 0;
        return diagonal || (isCentre && row > column ? 0 : (choices.below(9) - 4) / 8);
      });
      const kernel = draft.given([side, side, channels, channels], values, choices);
      const attributes = { dilation: 1 + choices.below(2), mirrored: choices.below(2) === 1 };
      return { inputs: [y, kernel], attributes };
    },
    build: ([y, kernel], { dilation, mirrored }) =>
      op.solveCorner(y!, kernel!, { dilation: dilation!, mirrored: mirrored! }),
    hasNoGradient: true,
  },
  split: alongAxis(
    (length, choices) => {
      const first = 1 + choices.below(length);
      const lengths = first < length ? [first, length - first] : [length];
      return { lengths, part: choices.below(lengths.length) };
    },
    (x, { axis, lengths, part }) => op.split(x, axis, lengths!)[part!]!,
  ),
  sqrt: unary(op.sqrt),
  stackedProduct: {
    draw(draft, choices) {
      const a = draft.ranked(choices, (rank) => rank === 3, [2, 2, 3]);
      const [stack, , inner] = draft.shape(a) as [number, number, number];
      return { inputs: [a, draft.shaped(choices, [stack, inner, 1 + choices.below(3)])] };
    },
    build: ([a, b]) => op.stackedProduct(a!, b!),
  },
  // Defined from 0 on.
  step: unary((x) => op.step(op.relu(x))),
  subtract: binary(op.subtract),
  sum: reduction(op.sum),
  sumPerImage: {
    draw: (draft, choices) => ({ inputs: [draft.ranked(choices, (rank) => rank > 0, [2, 2])] }),
    build: ([x]) => op.sumPerImage(x!),
  },
  tanh: unary(op.tanh),
  toeplitz: {
    draw(draft, choices) {
      const entry = choices.below(2) === 1 ? [1 + choices.below(2), 1 + choices.below(2)] : [];
      return { inputs: [draft.shaped(choices, [2 * (1 + choices.below(3)), ...entry])] };
    },
    build: ([line]) => op.toeplitz(line!),
  },
  transpose: {
    draw(draft, choices) {
      const x = draft.ranked(choices, (rank) => rank > 0, [2, 3]);
      return { inputs: [x], attributes: { order: choices.permutation(draft.shape(x).length) } };
    },
    build: ([x], { order }) => op.transpose(x!, order!),
  },
  unfold: {
    draw(draft, choices) {
      const boundary = choices.below(2) === 1 ? 'wrap' : 'zero';
      return { inputs: [draft.images(choices)], attributes: { offsets: drawOffsets(choices), boundary } };
    },
    build: ([x], { offsets, boundary }) => op.unfold(x!, offsets!, boundary),
  },
  where: {
    draw(draft, choices) {
      const a = draft.any(choices);
      const condition = draft.detached(draft.broadcastable(choices, draft.shape(a)));
      const b = draft.shaped(choices, draft.shape(a));
      return { inputs: [condition, ...choices.flip([a, b])] };
    },
    build: ([condition, a, b]) => op.where(condition!, a!, b!),
  },
  zeros: {
    draw: (_, choices) => ({
      inputs: [],
      attributes: { shape: [1 + choices.below(2), 1 + choices.below(3)] },
    }),
    build: (_, { shape }) => op.zeros(shape!),
  },
};
