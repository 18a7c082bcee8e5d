// A posterior by Bayes' rule on a grid, which closes in on the probable part of a range.
import { UserError } from '../../core/errors.ts';
import { valueRange } from '../../core/numeric/index.ts';

/**
 * The posterior of one number, given an image, in cells of equal width; outside, the probability is negligible. Copies that are
 * posted to another thread, or stored, have its values but no methods.
 */
export class Posterior {
  /** The name of the number. */
  readonly name: string;
  /** The range of its uniform prior. */
  readonly range: readonly [low: number, high: number];
  /** The mean. */
  readonly mean: number;
  /** The standard deviation. */
  readonly deviation: number;
  /** The bounds of the cells. */
  readonly bounds: Float64Array;
  /** The probability of each cell, marginalised over the other inferred numbers. */
  readonly probabilities: Float64Array;
  /**
   * Whether the cells are fine enough. They are not if it has narrow modes far apart, or if the inferred numbers depend on
   * each other so closely that, given the others, one is known to about a cell: then the results may be wrong by more than
   * their deviation.
   */
  readonly isResolved: boolean;

  /** @internal Made by `gridPosterior`. */
  constructor(
    name: string,
    range: Axis,
    {
      axis: [low, high],
      probabilities,
      isResolved,
    }: Readonly<{ axis: Axis } & Pick<Posterior, 'probabilities' | 'isResolved'>>,
  ) {
    const width = (high - low) / probabilities.length;
    const expected = (evaluate: (centre: number) => number): number =>
      probabilities.reduce(
        (sum, probability, cell) => sum + probability * evaluate(low + (cell + 0.5) * width),
        0,
      );
    const mean = expected((value) => value);
    this.name = name;
    this.range = range;
    this.mean = mean;
    // The deviation of the centres: adding that inside cells would widen a smooth posterior.
    this.deviation = Math.sqrt(expected((value) => (value - mean) ** 2));
    this.bounds = Float64Array.from({ length: probabilities.length + 1 }, (_, cell) => low + cell * width);
    this.probabilities = probabilities;
    this.isResolved = isResolved;
  }

  /** The posterior probability that the number is below a value: uniform over many images if a model is calibrated. */
  probabilityBelow(value: number): number {
    const below = this.probabilities.reduce((sum, probability, cell) => {
      const [low, high] = [this.bounds[cell]!, this.bounds[cell + 1]!];
      return sum + probability * Math.min(1, Math.max(0, (value - low) / (high - low)));
    }, 0);
    // The sum of all probabilities may be more by rounding.
    return Math.min(1, below);
  }

  /** The value that the number is below with this posterior probability. */
  quantile(level: number): number {
    let below = 0;
    for (const [cell, probability] of this.probabilities.entries()) {
      if (below + probability >= level && probability > 0) {
        const [low, high] = [this.bounds[cell]!, this.bounds[cell + 1]!];
        return low + ((high - low) * (level - below)) / probability;
      }
      below += probability;
    }
    return this.bounds.at(-1)!;
  }
}

/** The cells along each axis of a grid, for one to four numbers that are inferred together. */
const CELLS = [256, 64, 16, 12] as const;

/** The most numbers that can be inferred together. */
export const MOST_INFERRED = CELLS.length;

/** How many points a grid for so many numbers has. */
export function pointsOfGrid(numbers: number): number {
  return CELLS[numbers - 1]! ** numbers;
}

/** A grid is fine enough if the posterior is spread over this many cells of each axis. */
const ENOUGH_CELLS = 6;

/**
 * With one to four numbers, the posterior of each, given the others, must be spread over this many cells too: the centres of
 * cells miss most of a thinner ridge at an angle to the axes. With fewer cells, means of normal posteriors are wrong by 5 % of a
 * deviation or more.
 */
const ENOUGH_GIVEN_OTHERS = [ENOUGH_CELLS, 2, 1.5, 1.2] as const;

/** Bounds that differ by less than this share of an axis are equal. */
const ROUNDING = 1e-6;

/** Far more than a narrow posterior needs: axes might shrink and grow in turn around one that is not resolved. */
const MOST_GRIDS = 30;

/** An axis that keeps this share of its length cannot close in further. */
const LEAST_GAIN = 0.9;

/** Cells with less than this share of the most probable one are left out of the next grid. */
const NEGLIGIBLE = 1e-4;

/** An axis of a grid: cells of equal width. */
export type Axis = readonly [low: number, high: number];

/**
 * The posteriors of some numbers, up to `MOST_INFERRED`, that are equally likely inside a range.
 *
 * @param logLikelihood in nats, of points whose numbers are in an array each
 * @throws UserError (`diverged`) if it is not finite
 */
export async function gridPosterior(
  names: readonly string[],
  prior: readonly Axis[],
  logLikelihood: (points: readonly Float64Array[]) => Promise<Float64Array>,
): Promise<Posterior[]> {
  const cells = CELLS[prior.length - 1]!;
  let axes = prior;
  for (let grid = 1; ; grid++) {
    const points = gridCentres(axes, cells);
    const weights = normalised(await logLikelihood(points), points, names);
    const marginals = axes.map((_, axis) => marginalize(weights, { axis, axes: axes.length, cells }));
    const closer = axes.map((axis, index) => closerTo(axis, marginals[index]!, prior[index]!));
    const isResolved = axes.every(
      ([low, high], axis) =>
        cellsGivenOthers(weights, { axis, axes: axes.length, cells }) >=
          ENOUGH_GIVEN_OTHERS[axes.length - 1]! &&
        // Coarser cells may have missed a part of it that extends beyond the end of an axis.
        low - closer[axis]![0] < ROUNDING * (high - low) &&
        closer[axis]![1] - high < ROUNDING * (high - low),
    );
    const isFine = isResolved && marginals.every((marginal) => 1 / sumOfSquares(marginal) >= ENOUGH_CELLS);
    const isClosed = closer.every((axis, index) => axisLength(axis) > LEAST_GAIN * axisLength(axes[index]!));
    if (isFine || isClosed || grid === MOST_GRIDS) {
      return names.map(
        (name, index) =>
          new Posterior(name, prior[index]!, {
            axis: axes[index]!,
            probabilities: marginals[index]!,
            isResolved,
          }),
      );
    }
    axes = closer;
  }
}

function axisLength([low, high]: Axis): number {
  return high - low;
}

/** The centres of all cells of a grid, axis by axis; the last axis varies fastest. */
function gridCentres(axes: readonly Axis[], cells: number): Float64Array[] {
  const total = cells ** axes.length;
  return axes.map(([low, high], axis) =>
    Float64Array.from({ length: total }, (_, point) => {
      const cell = Math.floor(point / cells ** (axes.length - 1 - axis)) % cells;
      return low + ((high - low) * (cell + 0.5)) / cells;
    }),
  );
}

/** The posterior probability of each point. */
function normalised(
  logLikelihoods: Float64Array,
  points: readonly Float64Array[],
  names: readonly string[],
): Float64Array {
  const [, greatest] = valueRange(logLikelihoods);
  const wrong =
    greatest === Number.NEGATIVE_INFINITY
      ? 0
      : logLikelihoods.findIndex((value) => !(value < Number.POSITIVE_INFINITY));
  if (wrong !== -1) {
    const where = names.map((name, axis) => `${name} = ${points[axis]![wrong]!.toPrecision(4)}`);
    throw new UserError(
      'diverged',
      `the log-likelihood is ${logLikelihoods[wrong]} at ${where.join(', ')}: choose a smaller range`,
    );
  }
  const weights = logLikelihoods.map((value) => Math.exp(value - greatest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function marginalize(
  weights: Float64Array,
  { axis, axes, cells }: { readonly axis: number; readonly axes: number; readonly cells: number },
): Float64Array {
  const marginal = new Float64Array(cells);
  weights.forEach((weight, point) => {
    marginal[Math.floor(point / cells ** (axes - 1 - axis)) % cells]! += weight;
  });
  return marginal;
}

/** Over how many cells of an axis the posterior is spread, given the other numbers, on average. */
function cellsGivenOthers(
  weights: Float64Array,
  { axis, axes, cells }: { readonly axis: number; readonly axes: number; readonly cells: number },
): number {
  const stride = cells ** (axes - 1 - axis);
  let average = 0;
  for (let line = 0; line < weights.length / cells; line++) {
    const first = Math.floor(line / stride) * stride * cells + (line % stride);
    let [sum, squares] = [0, 0];
    for (let cell = 0; cell < cells; cell++) {
      const weight = weights[first + cell * stride]!;
      sum += weight;
      squares += weight * weight;
    }
    average += squares > 0 ? sum ** 3 / squares : 0;
  }
  return average;
}

/** The part of an axis whose cells are not negligible, with a cell more at both ends. */
function closerTo([low, high]: Axis, marginal: Float64Array, [least, greatest]: Axis): Axis {
  const width = (high - low) / marginal.length;
  const [, peak] = valueRange(marginal);
  const first = marginal.findIndex((probability) => probability > NEGLIGIBLE * peak);
  const last = marginal.findLastIndex((probability) => probability > NEGLIGIBLE * peak);
  return [Math.max(least, low + (first - 1) * width), Math.min(greatest, low + (last + 2) * width)];
}

function sumOfSquares(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value ** 2, 0);
}
