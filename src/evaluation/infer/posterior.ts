// The posterior of the numbers that an image is conditioned on, given the image: Bayes' rule on a grid, which closes in.
import { UserError, unknownName } from '../../errors.ts';
import type { ConditionComponent } from '../../models/condition.ts';
import { dimensionsOf } from '../../numeric/imageShape.ts';
import { rangeOf } from '../../numeric/statistics.ts';
import { copyInto, type Values, zeros } from '../../numeric/values.ts';
import { componentsOf } from '../../trained/likelihood/conditionArrays.ts';
import { type ConditionChoice, conditionRowsOf } from '../../trained/model/conditions.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import { imageSetOf } from '../../trained/model/givenImages.ts';
import type { WorkOptions } from '../../trained/model/workOptions.ts';

/** How a posterior is computed. Progress counts images. */
export interface InferOptions extends WorkOptions {
  /**
   * Between which values each number is equally likely before the image is seen; by default mean ± √3 deviations of the
   * training images, their range if they are uniform.
   */
  readonly range?: Readonly<Record<string, readonly [low: number, high: number]>> | undefined;
  /** The components that are known, for all images or for each; the others are inferred. */
  readonly condition?: ConditionChoice | undefined;
  /** Dequantisation draws, the same at all points of the grid; default 4. */
  readonly draws?: number;
  /** The seed of the draws; default 0. */
  readonly seed?: number;
}

/** The posterior of one number, given an image. */
export interface ComponentPosterior {
  /** The name of the component. */
  readonly name: string;
  /** Its range before the image is seen. */
  readonly range: readonly [low: number, high: number];
  /** The mean. */
  readonly mean: number;
  /** The standard deviation. */
  readonly deviation: number;
  /** The bounds of cells of equal width; outside, the probability is negligible. */
  readonly bounds: Float64Array;
  /** The probability of each cell, the other inferred numbers taking any value. */
  readonly probabilities: Float64Array;
}

/** The cells along each axis of a grid, for one to four numbers that are inferred together. */
const CELLS = [256, 64, 16, 12] as const;

/** A grid is fine enough if the posterior is spread over this many cells of each axis. */
const ENOUGH_CELLS = 6;

/** An axis that keeps this share of its length cannot close in further. */
const LEAST_GAIN = 0.9;

/** Cells with less than this share of the most probable one are left out of the next grid. */
const NEGLIGIBLE = 1e-4;

/** Points whose likelihoods are computed together, each with a copy of the image. */
const AT_ONCE = 4096;

/**
 * The posteriors of the numbers on which a model's images are conditioned, p(numbers | image) ∝ p(image | numbers), with
 * equally likely numbers inside a range. The likelihood is computed at all points of a grid over the range, and then on a
 * finer one around the probable points, until the posterior covers enough cells, or closes in no further.
 *
 * @param images as the model takes them
 * @returns for each image the posterior of each number, in the order of the model
 * @throws UserError if the model has no such numbers or too many, a range is empty, or (`diverged`) a likelihood in it is not
 *   finite
 */
export async function inferConditions(
  model: FlowModel,
  images: Values,
  { range = {}, condition = {}, draws = 4, seed = 0, signal, onProgress }: InferOptions = {},
): Promise<ComponentPosterior[][]> {
  const inferred = inferredComponents(model, condition);
  const prior = inferred.map((component) => priorOf(component, range));
  const unknown = Object.keys(range).find((name) => inferred.every((one) => one.name !== name));
  if (unknown !== undefined) {
    const names = inferred.map(({ name }) => name);
    throw unknownName('condition to infer', unknown, names, 'invalid-argument');
  }
  const { count } = imageSetOf(model.model, images);
  const size = dimensionsOf(model.imageShape);
  const ownOf = knownOf(model, condition, inferred, count);
  const atOnce = Math.min(AT_ONCE, cellsOf(prior) ** prior.length);
  const copies = zeros(model.kind, atOnce * size);
  const found: ComponentPosterior[][] = [];
  for (let index = 0; index < count; index++) {
    const image = images.subarray(index * size, (index + 1) * size);
    const known = ownOf(index);
    for (let copy = 0; copy * size < copies.length; copy++) {
      copyInto(copies, image, copy * size);
    }
    const logLikelihood = async (points: readonly Float64Array[]): Promise<Float64Array> => {
      const values = new Float64Array(points[0]!.length);
      for (let first = 0; first < values.length; first += atOnce) {
        const end = Math.min(first + atOnce, values.length);
        const tried = inferred.map(({ name }, axis) => [name, points[axis]!.subarray(first, end)]);
        values.set(
          await model.logLikelihood(copies.subarray(0, (end - first) * size), {
            draws,
            seed,
            // So that every point of the grid gets the same noise.
            noiseByContent: true,
            signal,
            condition: { ...known, ...Object.fromEntries(tried) },
          }),
          first,
        );
      }
      return values;
    };
    found.push(await posteriorOf(inferred, prior, logLikelihood));
    onProgress?.(index + 1, count);
  }
  return found;
}

/** The posterior probability that a number is below a value: uniform over many images if a model is calibrated. */
export function probabilityBelow({ bounds, probabilities }: ComponentPosterior, value: number): number {
  return probabilities.reduce((sum, probability, cell) => {
    const [low, high] = [bounds[cell]!, bounds[cell + 1]!];
    return sum + probability * Math.min(1, Math.max(0, (value - low) / (high - low)));
  }, 0);
}

/** The value that a number is below with this posterior probability. */
export function quantile({ bounds, probabilities }: ComponentPosterior, level: number): number {
  let below = 0;
  for (const [cell, probability] of probabilities.entries()) {
    if (below + probability >= level && probability > 0) {
      const [low, high] = [bounds[cell]!, bounds[cell + 1]!];
      return low + ((high - low) * (level - below)) / probability;
    }
    below += probability;
  }
  return bounds.at(-1)!;
}

function inferredComponents({ model }: FlowModel, condition: ConditionChoice): ConditionComponent[] {
  const numbers = componentsOf(model).filter(({ image }) => !image);
  if (numbers.length === 0) {
    throw new UserError(
      'unsupported',
      'the model is not conditioned on numbers, so there is nothing to infer: train one with model.condition',
    );
  }
  const inferred = numbers.filter(({ name }) => !Object.hasOwn(condition, name));
  if (inferred.length === 0 || inferred.length > CELLS.length) {
    const names = inferred.map(({ name }) => name).join(', ');
    throw new UserError(
      'invalid-argument',
      inferred.length === 0
        ? 'all conditions are given: leave out those to infer'
        : `${inferred.length} conditions are too many to infer together (${names}): give the values of some; at most ${CELLS.length} can be inferred`,
    );
  }
  return inferred;
}

function priorOf(
  { name, mean, deviation }: ConditionComponent,
  given: NonNullable<InferOptions['range']>,
): readonly [number, number] {
  const [low, high] = Object.hasOwn(given, name)
    ? given[name]!
    : [mean - Math.sqrt(3) * deviation, mean + Math.sqrt(3) * deviation];
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw new UserError(
      'invalid-argument',
      `the range of ${name}, ${low} to ${high}, is empty: give two finite numbers, the lower one first`,
    );
  }
  return [low, high];
}

/** The known components of each image, checked. */
function knownOf(
  { model }: FlowModel,
  condition: ConditionChoice,
  inferred: readonly ConditionComponent[],
  count: number,
): (image: number) => ConditionChoice {
  const means = Object.fromEntries(inferred.map(({ name, mean }) => [name, mean]));
  conditionRowsOf(model, { condition: { ...condition, ...means } }, count);
  return (image) =>
    Object.fromEntries(
      Object.entries(condition).map(([name, given]) => {
        const values = typeof given === 'number' ? [given] : Array.from(given);
        const size = componentsOf(model).find((one) => one.name === name)!.image
          ? dimensionsOf([model.imageShape[0], model.imageShape[1], 1])
          : 1;
        return [name, values.length === size ? values : values.slice(image * size, (image + 1) * size)];
      }),
    );
}

/** An axis of a grid: cells of equal width. */
type Axis = readonly [low: number, high: number];

async function posteriorOf(
  components: readonly ConditionComponent[],
  prior: readonly Axis[],
  logLikelihood: (points: readonly Float64Array[]) => Promise<Float64Array>,
): Promise<ComponentPosterior[]> {
  const cells = cellsOf(prior);
  let axes = prior;
  for (;;) {
    const points = gridOf(axes, cells);
    const weights = normalised(await logLikelihood(points), points, components);
    const marginals = axes.map((_, axis) => marginalOf(weights, { axis, axes: axes.length, cells }));
    const isFine = marginals.every((marginal) => 1 / sumOfSquares(marginal) >= ENOUGH_CELLS);
    const closer = axes.map((axis, index) => closerTo(axis, marginals[index]!, prior[index]!));
    if (isFine || closer.every((axis, index) => lengthOf(axis) > LEAST_GAIN * lengthOf(axes[index]!))) {
      return components.map(({ name }, axis) => described(name, prior[axis]!, axes[axis]!, marginals[axis]!));
    }
    axes = closer;
  }
}

/** The cells along each axis of a grid. */
function cellsOf(axes: readonly Axis[]): number {
  return CELLS[axes.length - 1]!;
}

function lengthOf([low, high]: Axis): number {
  return high - low;
}

/** The centres of all cells of a grid, axis by axis; the last axis varies fastest. */
function gridOf(axes: readonly Axis[], cells: number): Float64Array[] {
  const total = cells ** axes.length;
  return axes.map(([low, high], axis) =>
    Float64Array.from({ length: total }, (_, point) => {
      const place = Math.floor(point / cells ** (axes.length - 1 - axis)) % cells;
      return low + ((high - low) * (place + 0.5)) / cells;
    }),
  );
}

/** The posterior probability of each point. */
function normalised(
  logLikelihoods: Float64Array,
  points: readonly Float64Array[],
  components: readonly ConditionComponent[],
): Float64Array {
  const [, most] = rangeOf(logLikelihoods);
  const wrong =
    most === Number.NEGATIVE_INFINITY
      ? 0
      : logLikelihoods.findIndex((value) => !(value < Number.POSITIVE_INFINITY));
  if (wrong !== -1) {
    const where = components.map(({ name }, axis) => `${name} = ${points[axis]![wrong]!.toPrecision(4)}`);
    throw new UserError(
      'diverged',
      `the log-likelihood is ${logLikelihoods[wrong]} at ${where.join(', ')}: choose a smaller range`,
    );
  }
  const weights = logLikelihoods.map((value) => Math.exp(value - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function marginalOf(
  weights: Float64Array,
  { axis, axes, cells }: { readonly axis: number; readonly axes: number; readonly cells: number },
): Float64Array {
  const marginal = new Float64Array(cells);
  weights.forEach((weight, point) => {
    marginal[Math.floor(point / cells ** (axes - 1 - axis)) % cells]! += weight;
  });
  return marginal;
}

/** The part of an axis whose cells are not negligible, with a cell more at both ends. */
function closerTo([low, high]: Axis, marginal: Float64Array, [least, most]: Axis): Axis {
  const width = (high - low) / marginal.length;
  const [, peak] = rangeOf(marginal);
  const first = marginal.findIndex((probability) => probability > NEGLIGIBLE * peak);
  const last = marginal.findLastIndex((probability) => probability > NEGLIGIBLE * peak);
  return [Math.max(least, low + (first - 1) * width), Math.min(most, low + (last + 2) * width)];
}

function described(
  name: string,
  range: Axis,
  [low, high]: Axis,
  probabilities: Float64Array,
): ComponentPosterior {
  const width = (high - low) / probabilities.length;
  const expected = (of: (centre: number) => number): number =>
    probabilities.reduce((sum, probability, cell) => sum + probability * of(low + (cell + 0.5) * width), 0);
  const mean = expected((value) => value);
  return {
    name,
    range,
    mean,
    // The deviation of the centres: adding that inside cells would widen a smooth posterior.
    deviation: Math.sqrt(expected((value) => (value - mean) ** 2)),
    bounds: Float64Array.from({ length: probabilities.length + 1 }, (_, cell) => low + cell * width),
    probabilities,
  };
}

function sumOfSquares(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value ** 2, 0);
}
