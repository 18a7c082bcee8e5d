// Muon: kernels of networks move by matrices with singular values near 1, everything else by another optimiser.
import { requireFinite, requireFraction, requireWhole } from '../../core/numeric/index.ts';
import { fraction, numberFrom, option, positive } from '../../core/parts/index.ts';
import {
  add,
  divide,
  identity,
  multiply,
  reshape,
  sqrt,
  stackedProduct,
  subtract,
  sum,
  transpose,
} from '../operations/index.ts';
import type { Shape, Tensor } from '../tensor.ts';
import { adamax, adamaxKind, adamaxOptions } from './adamax.ts';
import { defineOptimizer, type Optimizer, type Tensors, type UpdatedParameter } from './optimizer.ts';

/** Muon's momentum and weight decay of matrices, and how the other parameters are updated. */
export interface MuonOptions {
  /** β, the decay of the momentum; default 0.95. */
  readonly momentum?: number;
  /** How many Newton–Schulz iterations bring the singular values near 1; default 5. */
  readonly iterations?: number;
  /** λ, the weight decay of the matrices, times the learning rate; default 0. */
  readonly weightDecay?: number;
  /** The optimiser of the other parameters; default Adamax. */
  readonly rest?: Optimizer;
  /** The learning rate of `rest`, relative to the schedule's; default 1. */
  readonly restRate?: number;
}

/** Kernels with fewer rows or columns are not worth a matrix update. */
const LEAST_SIDE = 8;

/** The coefficients of an iteration, which bring singular values into about 0.7 to 1.2. */
const [A, B, C] = [3.4445, -4.775, 2.0315];

/** Several iterations at once cost less if one side is at least this many times the other; they break even at 1.5. */
const LONG = 2;

/**
 * The most iterations at once. Each multiplies the rounding errors of small eigenvalues of G by up to a² ≈ 12; after three,
 * they are still too small to change a direction in float32.
 */
const MOST_AT_ONCE = 3;

/** Added to a norm, so that gradients of zeros give zeros. */
const LEAST_NORM = 1e-7;

/** The root mean square change of a matrix, relative to the learning rate: about the same as with Adam. */
const CHANGE = 0.2;

/**
 * Kernels with more columns, several for each channel, are updated in blocks of whole channels. On 32x32 emoji this cuts the
 * arithmetic to a sixth, and single trials with and without blocks ended within 0.04 bits/dim.
 */
const MOST_COLUMNS = 96;

/**
 * The matrix of a kernel `[…, in, out]` as stored, with its edge channel; its columns are the last axis. In blocks of columns,
 * `[rows, blocks, columns]`.
 */
function matrixShape({ shape, kernel, channels = 1 }: UpdatedParameter): Shape | undefined {
  const columns = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((product, length) => product * length, 1);
  if (!kernel || Math.min(rows, columns) < LEAST_SIDE) {
    return undefined;
  }
  let blocks = Math.min(channels, Math.ceil(columns / MOST_COLUMNS));
  while (channels % blocks !== 0) {
    blocks++;
  }
  return blocks === 1 || columns / blocks < LEAST_SIDE ? [rows, columns] : [rows, blocks, columns / blocks];
}

const matrixRule = { name: 'muon', moments: ['first'], itemShape: matrixShape } as const;
const kind = { name: 'muon', rules: [matrixRule, ...adamaxKind.rules] } as const;

/**
 * Muon. It updates the kernels of networks that are matrices W with at least 8 rows and 8 columns, with gradients G and
 * the schedule's learning rate α; a matrix with more than 96 columns, several for each channel, in blocks of whole channels:
 *
 *     M = β·M + G      U = G + β·M      W = W − α·(0.2·√max(rows, columns)·orthogonalised(U) + λ·W)
 *
 * where M is the moment `first`. `rest` updates all other parameters. Sources: Jordan et al., Muon (2024); for scale and
 * decay Liu et al., Muon is Scalable for LLM Training (2025).
 *
 * @throws UserError (`invalid-argument`) if an option is out of its range
 */
export function muon({
  momentum = 0.95,
  iterations = 5,
  weightDecay = 0,
  rest: otherRules = adamax(),
  restRate = 1,
}: MuonOptions = {}): Optimizer {
  requireFraction('momentum', momentum);
  requireWhole('iterations', iterations, 1);
  requireFinite('weightDecay', weightDecay, 0);
  requireFinite('restRate', restRate, 0);
  return {
    name: kind.name,
    rules: [
      {
        ...matrixRule,
        accumulate({ gradients, first }) {
          const accumulated = add(multiply(first!, momentum), gradients!);
          return { first: accumulated, gradients: add(gradients!, multiply(accumulated, momentum)) };
        },
        direction(gradients) {
          const [rows, columns] = [gradients.shape[1]!, gradients.shape.at(-1)!];
          const change = CHANGE * Math.sqrt(Math.max(rows, columns));
          const matrixChanges = (matrices: Tensor): Tensor =>
            multiply(orthogonalised(matrices, iterations), change);
          return gradients.rank === 4 ? mapBlocks(gradients, matrixChanges) : matrixChanges(gradients);
        },
        update({ weights, gradients, matrixRate, matrixDecay }): Tensors {
          const step = multiply(matrixRate!, gradients!);
          const change = weightDecay > 0 ? add(step, multiply(matrixDecay!, weights!)) : step;
          return { weights: subtract(weights!, change) };
        },
      },
      ...otherRules.rules,
    ],
    scalars: (t, learningRate) => ({
      ...otherRules.scalars(t, learningRate * restRate),
      matrixRate: learningRate,
      ...(weightDecay > 0 && { matrixDecay: learningRate * weightDecay }),
    }),
  };
}

/** Applies a function of matrices `[N, rows, columns]` to each block of `[N, rows, blocks, columns]`. */
function mapBlocks(matrices: Tensor, transform: (blocks: Tensor) => Tensor): Tensor {
  const [count, rows, blocks, columns] = matrices.shape as [number, number, number, number];
  const blocksFirst = transpose(matrices, [0, 2, 1, 3]);
  const transformed = transform(reshape(blocksFirst, [count * blocks, rows, columns]));
  return transpose(reshape(transformed, blocksFirst.shape), [0, 2, 1, 3]);
}

/**
 * Matrices `[N, rows, columns]` with the same singular vectors, and singular values near 1: Newton–Schulz iterations
 * X ← P·X with P = aI + bG + cG² and G = X·Xᵀ, from X/(‖X‖ + 10⁻⁷), on the shorter side.
 *
 * If X is long, G is small: then G ← P·G·P stands in for X in several iterations, and X is multiplied once, by all their P.
 */
function orthogonalised(matrices: Tensor, iterations: number): Tensor {
  const [count, rows, columns] = matrices.shape as [number, number, number];
  const [short, long] = [Math.min(rows, columns), Math.max(rows, columns)];
  const norms = sqrt(sum(multiply(matrices, matrices), [1, 2]));
  let x = divide(matrices, reshape(add(norms, LEAST_NORM), [count, 1, 1]));
  const [diagonalA, diagonalB] = [A, B].map((value) => multiply(identity(short), value)) as [Tensor, Tensor];
  const atOnce = long >= LONG * short ? MOST_AT_ONCE : 1;
  for (let remaining = iterations; remaining > 0; remaining -= atOnce) {
    const transposed = transpose(x, [0, 2, 1]);
    let gram = rows > columns ? stackedProduct(transposed, x) : stackedProduct(x, transposed);
    let factors: Tensor | undefined;
    for (let ahead = Math.min(remaining, atOnce); ahead > 0; ahead--) {
      const factor = add(stackedProduct(gram, add(multiply(gram, C), diagonalB)), diagonalA);
      // All factors are polynomials of the first G: symmetric, and their order doesn't matter.
      factors = factors ? stackedProduct(factor, factors) : factor;
      if (ahead > 1) {
        gram = stackedProduct(stackedProduct(factor, gram), factor);
      }
    }
    x = rows > columns ? stackedProduct(x, factors!) : stackedProduct(factors!, x);
  }
  return x;
}

/** Muon as configurations choose it: Adamax updates the rest. */
export const muonOptimizer = defineOptimizer({
  ...kind,
  learningRates: ['restLearningRate'],
  summary: 'Orthogonal updates of the kernels of networks; Adamax updates the rest.',
  options: {
    momentum: option('Decay of the momentum of matrices.', fraction(), 0.95),
    restLearningRate: option(
      'Learning rate of all parameters but the matrices; it follows the same schedule.',
      positive(1000),
      0.01,
    ),
    weightDecay: option('Weight decay of the matrices, times the learning rate.', numberFrom(0, 1000), 0.01),
    ...adamaxOptions,
  },
  build: (
    { momentum, restLearningRate, weightDecay, biasCorrection, epsilon },
    { stepsPerEpoch, learningRate },
  ) =>
    muon({
      momentum,
      weightDecay,
      rest: adamax({ biasCorrection, epsilon, beta2: 1 - 1 / stepsPerEpoch }),
      restRate: restLearningRate / learningRate,
    }),
});
