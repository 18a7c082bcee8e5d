// The posterior of the numbers that an image is conditioned on, given the image.
import { UserError, unknownName } from '../../core/errors.ts';
import {
  copyInto,
  countDimensions,
  countElements,
  type Values,
  valueKind,
  zeros,
} from '../../core/numeric/index.ts';
import {
  type ConditionChoice,
  createConditionRows,
  type FlowModel,
  toImageSet,
  type WorkOptions,
} from '../../model/index.ts';
import { conditionComponents, type NamedCondition } from '../../model/likelihood/index.ts';
import { type Axis, gridPosterior, MOST_INFERRED, type Posterior, pointsOfGrid } from './gridPosterior.ts';

/** How a posterior is computed. Progress counts images, estimated inside one: the number of its grids isn't known before. */
export interface InferOptions extends WorkOptions {
  /** Called with the posteriors of each image, in order: a signal that ends the rest loses none of them. */
  readonly onImage?: ((posteriors: readonly Posterior[], index: number) => void) | undefined;
  /**
   * The prior of each number: uniform between these values. By default mean ± √3 deviations of the training images, which
   * is the range of uniformly distributed numbers.
   */
  readonly range?: Readonly<Record<string, readonly [low: number, high: number]>> | undefined;
  /** The components that are known, for all images or for each; the others are inferred. */
  readonly condition?: ConditionChoice | undefined;
  /** Dequantisation draws, the same at all points of the grid; default 4. */
  readonly draws?: number;
  /** The seed of the draws; default 0. */
  readonly seed?: number;
}

/** How many grids an image is expected to need, before any is done. */
const EXPECTED_GRIDS = 3;

/** The largest share of an image that is reported before it is done. */
const MOST_OF_AN_IMAGE = 0.99;

/** Points whose likelihoods are computed together, each with a copy of the image, and the most values of these copies. */
const [AT_ONCE, MOST_VALUES] = [1024, 2 ** 24];

/**
 * The posteriors of the numbers on which a model's images are conditioned, p(numbers | image) ∝ p(image | numbers), with
 * equally likely numbers inside a range. The likelihood is computed at all points of a grid over the range, and then on a
 * finer one around the probable points, until the posterior covers enough cells, or closes in no further.
 *
 * @param images as the model takes them
 * @returns for each image the posterior of each number, in the order of the model
 * @throws UserError if the model has no such numbers or too many, a range is empty, or (`diverged`) a likelihood in it is not
 *   finite
 * @example
 * ```ts
 * import { inferConditions, loadModel } from 'emerging-flows';
 *
 * const model = await loadModel('runs/maps');
 * const map = new Float32Array(32 * 32);
 * const [posteriors] = await inferConditions(model, map, { range: { omega: [0.1, 0.5] } });
 * for (const posterior of posteriors!) {
 *   console.log(posterior.name, posterior.mean, posterior.quantile(0.05), posterior.quantile(0.95));
 * }
 * await model.release();
 * ```
 */
export async function inferConditions(
  model: FlowModel,
  images: Values,
  { range = {}, condition = {}, draws = 4, seed = 0, signal, onProgress, onImage }: InferOptions = {},
): Promise<Posterior[][]> {
  const inferred = inferredComponents(model, condition);
  const names = inferred.map(({ name }) => name);
  const prior = inferred.map((component) => conditionPrior(component, range));
  const unknown = Object.keys(range).find((name) => inferred.every((component) => component.name !== name));
  if (unknown !== undefined) {
    throw unknownName('condition to infer', unknown, names, 'invalid-argument');
  }
  const { count } = toImageSet(model.model, images);
  const size = countDimensions(model.imageShape);
  const conditionAt = knownConditions(model, condition, inferred, count);
  const atOnce = Math.min(AT_ONCE, Math.max(1, Math.floor(MOST_VALUES / size)));
  const copies = zeros(valueKind(images)!, atOnce * size);
  const posteriorsByImage: Posterior[][] = [];
  signal?.throwIfAborted();
  onProgress?.(0, count);
  /** The points of all images so far, and of this one. */
  let [points, pointsHere] = [0, 0];
  const report = (index: number, done: number): void => {
    const expected = index > 0 ? points / index : EXPECTED_GRIDS * pointsOfGrid(names.length);
    onProgress?.(index + Math.min(done / expected, MOST_OF_AN_IMAGE), count);
  };
  for (let index = 0; index < count; index++) {
    const image = images.subarray(index * size, (index + 1) * size);
    const knownCondition = conditionAt(index);
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
            onProgress: (done, total) => report(index, pointsHere + ((end - first) * done) / total),
            condition: { ...knownCondition, ...Object.fromEntries(tried) },
          }),
          first,
        );
        pointsHere += end - first;
      }
      return values;
    };
    const posteriors = await gridPosterior(names, prior, logLikelihood);
    posteriorsByImage.push(posteriors);
    onImage?.(posteriors, index);
    onProgress?.(index + 1, count);
    points += pointsHere;
    pointsHere = 0;
  }
  return posteriorsByImage;
}

function inferredComponents({ model }: FlowModel, condition: ConditionChoice): NamedCondition[] {
  const numbers = conditionComponents(model).filter(({ isNumber }) => isNumber);
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

function conditionPrior(
  { name, mean, deviation }: NamedCondition,
  ranges: NonNullable<InferOptions['range']>,
): Axis {
  const [low, high] = Object.hasOwn(ranges, name)
    ? ranges[name]!
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
function knownConditions(
  { model }: FlowModel,
  condition: ConditionChoice,
  inferred: readonly NamedCondition[],
  count: number,
): (image: number) => ConditionChoice {
  const means = Object.fromEntries(inferred.map(({ name, mean }) => [name, mean]));
  createConditionRows(model, { condition: { ...condition, ...means } }, count);
  return (image) =>
    Object.fromEntries(
      Object.entries(condition).map(([name, choice]) => {
        const values = typeof choice === 'number' ? [choice] : Array.from(choice);
        const size = countElements(
          conditionComponents(model).find((component) => component.name === name)!.shape,
        );
        return [name, values.length === size ? values : values.slice(image * size, (image + 1) * size)];
      }),
    );
}
