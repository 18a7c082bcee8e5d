// The checks of a bijection's values: start values, shapes, inverse, independence of the images.

import {
  countDimensions,
  countElements,
  countNonFinite,
  type NdArray,
  RandomStream,
  relativeError,
} from '../../core/numeric/index.ts';
import type { NamedArrays, Program } from '../../tensor/engine/index.ts';
import { OPEN_BATCH, type Shape, sameShape, showShape } from '../../tensor/index.ts';
import { asFeeds, type BijectionGraph, buildGraph, compileValues } from './bijectionProgram.ts';
import { type Arrays, type CheckContext, LargestErrors, LIMITS, ofImage } from './checkContext.ts';

/**
 * The start values of all parameters; undefined unless they are as declared, finite, and determined by the
 * seed.
 */
export function startValues(context: CheckContext): Arrays | undefined {
  const drawn = (): Arrays =>
    Object.fromEntries(
      Object.entries(context.layer.parameters).map(([path, { shape, initial, family }]) => [
        path,
        { shape, data: initial(new RandomStream(1, family ?? path)) },
      ]),
    );
  const [start, again] = [drawn(), drawn()];
  const right = Object.entries(start).flatMap(([path, { shape, data }]) => [
    context.note(`missing or extra start values of ${path}`, Math.abs(data.length - countElements(shape)), 0),
    context.note(`start values of ${path} that are not finite`, countNonFinite(data), 0),
    context.note(
      `start values of ${path} redrawn with the same seed`,
      relativeError(again[path]!.data, data),
      0,
    ),
  ]);
  return right.every(Boolean) ? start : undefined;
}

/** The graph of the layer; undefined unless its results have the required shapes. */
export function checkedGraph(context: CheckContext): BijectionGraph | undefined {
  const { layer, images } = context;
  const { inputShape, outputShape } = layer;
  const graph = buildGraph(layer, images);
  const shape = (subject: string, actual: Shape, expected: Shape) => {
    const problem = `shape of ${subject}: ${showShape(actual)}, expected ${showShape(expected)}`;
    return context.note(problem, sameShape(actual, expected) ? 0 : 1, 0);
  };
  const lost = Math.abs(countDimensions(outputShape) - countDimensions(inputShape));
  const right = [
    shape('y', graph.y.shape, [images, ...outputShape]),
    shape('inverse', graph.inverse.shape, [images, ...inputShape]),
    shape('logDet', graph.logDet.shape, graph.logDet.rank === 0 ? [] : [images]),
    ...(graph.logDetMap
      ? [shape('logDetMap', graph.logDetMap.shape, [images, ...inputShape.slice(0, 2)])]
      : []),
    context.note('values of an image gained or lost', lost, 0),
  ];
  return right.every(Boolean) ? graph : undefined;
}

/** The results for some images; undefined unless they are finite. */
export async function finiteValues(
  context: CheckContext,
  program: Program,
  feeds: NamedArrays,
): Promise<Arrays | undefined> {
  const result = await program.run(feeds);
  const right = Object.entries(result).map(([name, { data }]) =>
    context.note(`values of ${name} that are not finite`, countNonFinite(data), 0),
  );
  return right.every(Boolean) ? result : undefined;
}

/** Whether the layer is invertible with its initial parameters. */
export async function checkInverseAtStart(
  context: CheckContext,
  program: Program,
  feeds: NamedArrays,
  start: Arrays,
): Promise<void> {
  const atStart = { ...feeds, ...asFeeds(start) };
  const { y, logDet } = await program.run(atStart);
  const { inverse } = await program.run({ ...atStart, target: y! });
  const error = relativeError(inverse!.data, feeds.x!.data);
  context.note('values of logDet at the start that are not finite', countNonFinite(logDet!.data), 0);
  context.note('inverse(forward(x)) at the start', error, LIMITS.inverseAtStart);
}

/** Whether the inverse inverts the layer, in both directions. */
export async function checkInverses(
  context: CheckContext,
  program: Program,
  feeds: NamedArrays,
  { y, inverse }: Arrays,
): Promise<void> {
  const back = await program.run({ ...feeds, x: inverse!, target: y! });
  context.note('inverse(forward(x))', relativeError(back.inverse!.data, feeds.x!.data), LIMITS.inverse);
  context.note('forward(inverse(y))', relativeError(back.y!.data, feeds.target!.data), LIMITS.inverse);
}

/** Whether the map of the log-determinant, if there is one, adds up to it. */
export function checkLogDetMap(context: CheckContext, { logDet, logDetMap }: Arrays): void {
  if (logDetMap) {
    const logDets = Array.from(
      { length: context.images },
      (_, image) => logDet!.data[logDet!.shape.length === 0 ? 0 : image]!,
    );
    const sums = logDets.map((_, image) =>
      Array.from(ofImage(logDetMap, image).data).reduce((sum, share) => sum + share, 0),
    );
    context.note('sum of logDetMap against logDet', relativeError(sums, logDets), LIMITS.same);
  }
}

/** Whether the results of an image are unchanged when another image changes. */
export async function checkIndependence(
  context: CheckContext,
  program: Program,
  feeds: NamedArrays,
  result: Arrays,
): Promise<void> {
  const worst = new LargestErrors();
  for (let image = 0; image < context.images; image++) {
    const changed = await program.run(mapPerImage(feeds, (array) => withOther(array, image)));
    for (const [name, array] of Object.entries(result)) {
      const error = relativeError(without(changed[name]!, image), without(array, image));
      worst.take(`${name} of an image when another changes`, error);
    }
  }
  worst.note(context, LIMITS.same);
}

/** Whether an open batch gives the same results, as a whole and image by image. */
export async function checkOpenBatch(
  context: CheckContext,
  feeds: NamedArrays,
  result: Arrays,
): Promise<void> {
  const program = await compileValues(buildGraph(context.layer, OPEN_BATCH), context.precision('float64'));
  const worst = new LargestErrors();
  const openResult = await program.run(feeds);
  for (const [name, { data }] of Object.entries(result)) {
    worst.take(`${name} with an open batch`, relativeError(openResult[name]!.data, data));
  }
  for (let image = 0; image < context.images; image++) {
    const single = await program.run(mapPerImage(feeds, (array) => ofImage(array, image)));
    for (const [name, array] of Object.entries(result)) {
      worst.take(`${name} of a single image`, relativeError(single[name]!.data, ofImage(array, image).data));
    }
  }
  worst.note(context, LIMITS.same);
  await program.release();
}

/** Feeds with another array in place of each that has a row for every image. */
function mapPerImage(feeds: NamedArrays, change: (array: NdArray) => NdArray): NamedArrays {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, array]) => [
      name,
      name === 'x' || name === 'target' || name.startsWith('condition/') ? change(array as NdArray) : array,
    ]),
  );
}

/** The parts of an array that belong to all other images. */
function without({ shape, data }: NdArray, image: number): Float64Array {
  const size = countElements(shape.slice(1));
  return Float64Array.from(data).filter(
    (_, index) => shape.length === 0 || Math.floor(index / size) !== image,
  );
}

/** A batch with one image replaced. */
function withOther({ shape, data }: NdArray, image: number): NdArray {
  const size = countElements(shape.slice(1));
  const changed = Float64Array.from(data);
  changed.set(new RandomStream(4, 'other', image).normals(size), image * size);
  return { shape, data: changed };
}
