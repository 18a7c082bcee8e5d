// The checks of a bijection's derivatives: gradients, masks, the log-determinant, and all of it in float32.

import { countDimensions, dot, type NdArray, RandomStream, relativeError } from '../../core/numeric/index.ts';
import type { NamedArrays, Program } from '../../tensor/engine/index.ts';
import { constant } from '../../tensor/index.ts';
import { parametersFrom } from '../contract/parameters.ts';
import { asFeeds, type BijectionGraph, compileGradients, parameterName } from './bijectionProgram.ts';
import { type Arrays, type CheckContext, LIMITS, ofImage } from './checkContext.ts';
import { LARGEST_DENSE, logDetByDifferences, logDetByDirections, logDetByGradients } from './jacobian.ts';
import { LayerMap } from './layerMap.ts';
import { randomImages } from './randomParameters.ts';

/**
 * Checks the gradients of x and of the trained parameters against central differences; returns the values with these
 * gradients, and whether the gradient of x is correct.
 *
 * @param program computes the values
 * @param withoutEffect parameters whose gradient may be zero everywhere
 */
export async function checkGradients(
  context: CheckContext,
  graph: BijectionGraph,
  program: Program,
  feeds: NamedArrays,
  withoutEffect: readonly string[],
): Promise<{ result: Arrays; isRight: boolean }> {
  const { layer } = context;
  const weight = createWeight(context);
  const names = differentiableNames(context);
  const differentiated = await compileGradients(graph, names, context.precision('float64'));
  const result = await differentiated.run({ ...feeds, weight });
  let isRight = true;
  for (const name of names) {
    const { data } = result[`gradient ${name}`]!;
    const path = name === 'x' ? name : name.slice(parameterName('').length);
    const error = await gradientError(context, program, { ...feeds, weight }, name, data);
    const agrees = context.note(`gradient of ${path}`, error, LIMITS.gradient);
    isRight = name === 'x' ? agrees : isRight;
    const mask = name === 'x' ? undefined : layer.parameters[path]!.mask?.();
    if (!withoutEffect.includes(path) && mask?.every((on) => on === 0) !== true) {
      const zero = data.every((value) => value === 0);
      context.note(`gradient of ${path} that is zero everywhere`, zero ? 1 : 0, 0);
    }
    if (mask) {
      const leaks = Array.from(data).filter((value, index) => mask[index] === 0 && value !== 0);
      context.note(`masked elements of ${path} that have a gradient`, leaks.length, 0);
    }
  }
  await checkMasks(context, differentiated, { ...feeds, weight }, result);
  await differentiated.release();
  return { result, isRight };
}

/** The largest error of a gradient along two random directions: any wrong element shows up along these. */
async function gradientError(
  { images }: CheckContext,
  program: Program,
  { weight, ...feeds }: NamedArrays,
  name: string,
  gradient: NdArray['data'],
): Promise<number> {
  const { shape, data } = feeds[name]!;
  let largest = 0;
  for (let draw = 0; draw < 2; draw++) {
    const direction = new RandomStream(3, name, draw).normals(data.length);
    const length = Math.hypot(...direction);
    const exact = dot(direction, gradient) / length;
    const lossAt = async (distance: number) => {
      const moved = direction.map((value, index) => data[index]! + (distance / length) * value);
      const { y, logDet } = await program.run({ ...feeds, [name]: { shape, data: moved } });
      const share = logDet!.shape.length === 0 ? images : 1;
      return Array.from(logDet!.data).reduce(
        (total, value) => total + share * value,
        dot(y!.data, weight!.data),
      );
    };
    // A ReLU kink within a step spoils a difference, but rarely both at this step and at a tenth of it.
    let error = Number.POSITIVE_INFINITY;
    for (const h of [1e-5, 1e-6]) {
      if (!(error <= LIMITS.gradient)) {
        const numeric = ((await lossAt(h)) - (await lossAt(-h))) / (2 * h);
        error = Math.min(error, relativeError([exact], [numeric]));
      }
    }
    largest = Math.max(largest, error);
  }
  return largest;
}

/** Whether the results are unchanged when the masked elements, garbage until now, become zero. */
async function checkMasks(
  context: CheckContext,
  program: Program,
  feeds: NamedArrays,
  result: Arrays,
): Promise<void> {
  const clean: Record<string, NdArray> = {};
  for (const [path, spec] of Object.entries(context.layer.parameters)) {
    const { shape, data } = feeds[parameterName(path)]!;
    const mask = spec.mask?.();
    if (mask) {
      clean[path] = { shape, data: Float64Array.from(data, (value, index) => (mask[index] ? value : 0)) };
    }
  }
  if (Object.keys(clean).length > 0) {
    const values = await program.run({ ...feeds, ...asFeeds(clean) });
    for (const [name, { data }] of Object.entries(result)) {
      context.note(`effect of masked elements on ${name}`, relativeError(values[name]!.data, data), 0);
    }
  }
}

/**
 * Checks the log-determinant of each image against its Jacobian: computed from gradients, or from differences
 * if the gradient of x is wrong; if an image is too large for a dense one, random directions, which need
 * correct gradients.
 */
export async function checkLogDets(
  context: CheckContext,
  {
    x,
    parameters,
    condition,
  }: { readonly x: NdArray; readonly parameters: Arrays; readonly condition: Arrays },
  logDet: NdArray,
  gradientIsRight: boolean,
): Promise<void> {
  const constants = Object.entries(parameters).map(([path, array]) => [path, constant(array)]);
  const tensors = parametersFrom(Object.fromEntries(constants));
  const dimensions = countDimensions(context.layer.inputShape);
  for (let image = 0; image < context.images; image++) {
    const ofThis = Object.entries(condition).map(([name, array]) => [name, constant(ofImage(array, image))]);
    const map = new LayerMap(
      context.layer,
      tensors,
      context.precision('float64'),
      Object.fromEntries(ofThis),
    );
    const values = Float64Array.from(ofImage(x, image).data);
    const logDetValue = logDet.data[logDet.shape.length === 0 ? 0 : image]!;
    const check = `logDet of image ${image} against`;
    if (dimensions > LARGEST_DENSE) {
      if (gradientIsRight) {
        const { value, uncertainty } = await logDetByDirections(map, values, { count: 32, seed: image });
        const limit = LIMITS.logDet.directions + uncertainty / dimensions;
        context.note(`${check} random directions`, Math.abs(logDetValue - value) / dimensions, limit);
      }
    } else if (gradientIsRight) {
      const { value } = await logDetByGradients(map, values);
      context.note(`${check} its Jacobian`, relativeError([logDetValue], [value]), LIMITS.logDet.gradients);
    } else {
      const { value } = await logDetByDifferences(map, values);
      context.note(`${check} differences`, relativeError([logDetValue], [value]), LIMITS.logDet.differences);
    }
    await map.release();
  }
}

/**
 * Whether values and gradients are the same in float32.
 *
 * @param expected these in float64; without gradients if they have none
 */
export async function checkFloat32(
  context: CheckContext,
  graph: BijectionGraph,
  feeds: NamedArrays,
  expected: Arrays,
): Promise<void> {
  const names = differentiableNames(context).filter((name) => expected[`gradient ${name}`]);
  const program = await compileGradients(graph, names, context.precision('float32'));
  const single = await program.run({ ...feeds, weight: createWeight(context) });
  await program.release();
  for (const [name, { data }] of Object.entries(expected)) {
    context.note(`${name} in float32`, relativeError(single[name]!.data, data), LIMITS.float32);
  }
}

/** The differentiable inputs of the program: x and the trained parameters. */
function differentiableNames({ layer: { parameters } }: CheckContext): string[] {
  return [
    'x',
    ...Object.keys(parameters)
      .filter((path) => parameters[path]!.trained)
      .map(parameterName),
  ];
}

/** The weights of y in the loss. */
function createWeight({ images, layer }: CheckContext): NdArray {
  return randomImages(images, layer.outputShape, 'weight');
}
