// The posterior of the numbers that an image is conditioned on, given the image: Bayes' rule on a grid, which closes in.
import { UserError, unknownName } from '../../errors.ts';
import type { ConditionComponent } from '../../models/condition.ts';
import { dimensionsOf } from '../../numeric/imageShape.ts';
import { copyInto, kindOf, type Values, zeros } from '../../numeric/values.ts';
import { componentsOf } from '../../trained/likelihood/conditionArrays.ts';
import { type ConditionChoice, conditionRowsOf } from '../../trained/model/conditions.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
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

/** The most numbers that are inferred together. */
const MOST_INFERRED = 4;

/** How many points a grid has, at most, and along one axis. */
const MOST_POINTS = 4096;
const MOST_ON_AXIS = 256;

/** A grid is fine enough if the posterior is spread over this many cells of each axis. */
const ENOUGH_CELLS = 6;
const MOST_PASSES = 12;

/** Cells with less probability are left out of the next grid. */
const NEGLIGIBLE = 1e-6;

/**
 * The posteriors of the numbers on which a model's images are conditioned, p(numbers | image) ∝ p(image | numbers), with
 * equally likely numbers inside a range. The likelihood is computed at all points of a grid over the range, and then on a
 * finer one around the points that are probable, until they are enough.
 *
 * @param images as the model takes them
 * @returns for each image the posterior of each number, in the order of the model
 * @throws UserError if the model has no such numbers or too many, or a range is none
 */
export async function inferConditions(
  model: FlowModel,
  images: Values,
  { range = {}, condition = {}, draws = 4, seed = 0, signal, onProgress }: InferOptions = {},
): Promise<ComponentPosterior[][]> {
  const inferred = inferredComponents(model, condition);
  const prior = inferred.map((component) => rangeOf(component, range));
  const unknown = Object.keys(range).find((name) => inferred.every((one) => one.name !== name));
  if (unknown !== undefined) {
    const names = inferred.map(({ name }) => name);
    throw unknownName('condition to infer', unknown, names, 'invalid-argument');
  }
  const size = dimensionsOf(model.imageShape);
  const count = images.length / size;
  const ownOf = knownOf(model, condition, inferred, count);
  const found: ComponentPosterior[][] = [];
  for (let index = 0; index < count; index++) {
    const image = images.subarray(index * size, (index + 1) * size);
    const known = ownOf(index);
    const logLikelihood = async (points: readonly Float64Array[]): Promise<Float64Array> => {
      const [{ length }] = points as [Float64Array];
      const copies = zeros(kindOf(image)!, length * size);
      for (let copy = 0; copy < length; copy++) {
        copyInto(copies, image, copy * size);
      }
      const tried = Object.fromEntries(inferred.map(({ name }, axis) => [name, points[axis]!]));
      // By content, so that every point of the grid gets the same noise.
      const how = { draws, seed, noiseByContent: true, signal };
      return model.logLikelihood(copies, { ...how, condition: { ...known, ...tried } });
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
  if (inferred.length === 0 || inferred.length > MOST_INFERRED) {
    const names = inferred.map(({ name }) => name).join(', ');
    throw new UserError(
      'invalid-argument',
      inferred.length === 0
        ? 'all conditions are given: leave out those to infer'
        : `${inferred.length} conditions are too many to infer together (${names}): give the values of some; at most ${MOST_INFERRED} can be inferred`,
    );
  }
  return inferred;
}

function rangeOf(
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
  const cells = Math.min(MOST_ON_AXIS, Math.floor(MOST_POINTS ** (1 / prior.length)));
  let axes = prior;
  for (let pass = 1; ; pass++) {
    const points = gridOf(axes, cells);
    const weights = normalised(await logLikelihood(points));
    const marginals = axes.map((_, axis) => marginalOf(weights, { axis, axes: axes.length, cells }));
    const isFine = marginals.every((marginal) => 1 / sumOfSquares(marginal) >= ENOUGH_CELLS);
    if (isFine || pass === MOST_PASSES) {
      return components.map(({ name }, axis) => described(name, prior[axis]!, axes[axis]!, marginals[axis]!));
    }
    axes = axes.map((axis, index) => closerTo(axis, marginals[index]!, prior[index]!));
  }
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

function normalised(logLikelihoods: Float64Array): Float64Array {
  const most = logLikelihoods.reduce((largest, value) => Math.max(largest, value), Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(most)) {
    throw new UserError(
      'diverged',
      'the likelihood is not finite anywhere in the range: choose a smaller one',
    );
  }
  const weights = logLikelihoods.map((value) => (Number.isNaN(value) ? 0 : Math.exp(value - most)));
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
  const first = marginal.findIndex((probability) => probability > NEGLIGIBLE);
  const last = marginal.findLastIndex((probability) => probability > NEGLIGIBLE);
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
    deviation: Math.sqrt(expected((value) => (value - mean) ** 2) + width ** 2 / 12),
    bounds: Float64Array.from({ length: probabilities.length + 1 }, (_, cell) => low + cell * width),
    probabilities,
  };
}

function sumOfSquares(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value ** 2, 0);
}
