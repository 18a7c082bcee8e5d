// Points: vectors of real numbers. An image set holds each as one pixel with a channel for every number.
import { UserError } from '../core/errors.ts';
import { countNonFinite, requireArgument } from '../core/numeric/index.ts';
import {
  type Dataset,
  type DatasetSource,
  defaultValidation,
  type ImageSet,
  imagesInMemory,
  subset,
  type ValidationShare,
} from './contract/dataset.ts';
import { createDataset } from './heldOut.ts';
import { notFinite } from './pixels/values.ts';
import { isTestByHash } from './sources/splitOfName.ts';

/**
 * Points in memory as a dataset to train on. A tenth become test points, by a hash of their position, as in files.
 *
 * @param values the numbers of all points, point after point; float64 is rounded to float32
 * @param dimensions how many numbers a point has, 2 or more
 * @throws UserError (`invalid-data`) if a value is NaN or infinite in float32; (`invalid-argument`) for other arguments
 * @example
 * ```ts
 * import { pointsDataset } from 'emerging-flows/data';
 * import { resolveConfig, startRun, train } from 'emerging-flows/training';
 *
 * const values = Float32Array.from({ length: 2000 }, Math.random); // 1,000 points in a square
 * const config = resolveConfig({ preset: 'points' });
 * await train(await startRun(config, 'runs/square', { dataset: pointsDataset(values, 2) }));
 * ```
 */
export function pointsDataset(
  values: Float32Array | Float64Array,
  dimensions: number,
  {
    name = 'points',
    validation = defaultValidation,
  }: {
    /** What messages and the run call it. */
    readonly name?: string;
    /** The share held out of the training points, as for `openDataset`. */
    readonly validation?: ValidationShare;
  } = {},
): Dataset {
  requireArgument(
    (values instanceof Float32Array || values instanceof Float64Array) &&
      Number.isInteger(dimensions) &&
      dimensions > 0 &&
      values.length > 0 &&
      values.length % dimensions === 0,
    'pointsDataset needs the numbers of whole points and how many each has, such as pointsDataset(new Float32Array([0, 1, 2, 3]), 2)',
  );
  return createDataset(name, dividedPoints(pointSet(Float32Array.from(values), dimensions, name), name), {
    validation,
  });
}

/**
 * Points, point after point, named by their positions.
 *
 * @param source where they are from, for errors
 * @throws UserError (`unsupported`) for points of one number; (`invalid-data`) if a value is NaN or infinite
 */
export function pointSet(values: Float32Array, dimensions: number, source: string): ImageSet {
  if (dimensions < 2) {
    throw new UserError(
      'unsupported',
      `${source}: points of one number: a flow needs at least 2, since couplings change some given the others`,
    );
  }
  const wrong = countNonFinite(values);
  if (wrong > 0) {
    const first = values.findIndex((value) => !Number.isFinite(value));
    throw new UserError(
      'invalid-data',
      notFinite(`${source}: point ${Math.floor(first / dimensions)}`, wrong, 'point'),
    );
  }
  const names = Array.from({ length: values.length / dimensions }, (_, index) => String(index));
  return imagesInMemory(values, [1, 1, dimensions], names);
}

/**
 * Points divided into training and test points, a tenth, by a hash of their names.
 *
 * @param source where they are from, for errors
 * @throws UserError (`invalid-data`) if there are too few
 */
export function dividedPoints(points: ImageSet, source: string): Pick<DatasetSource, 'train' | 'test'> {
  const indices = [...Array(points.count).keys()];
  const pick = (isTest: boolean): ImageSet =>
    subset(
      points,
      indices.filter((index) => isTestByHash(points.nameAt!(index)) === isTest),
    );
  const [train, test] = [pick(false), pick(true)];
  if (train.count === 0 || test.count === 0) {
    throw new UserError(
      'invalid-data',
      `${source}: ${points.count} points are too few to divide into training and test points: add some`,
    );
  }
  return { train, test };
}
