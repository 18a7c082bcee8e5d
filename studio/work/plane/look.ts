// Contents of a figure of the plane: points, a grid and a density at a place between the layers, and one point's path.
import type { Layers, Weights } from './layers.ts';

/** The plane is shown from −EXTENT to EXTENT in both directions. */
export const EXTENT = 3;

/** The density is computed in so many cells in each direction. */
export const CELLS = 72;

/** Grid lines are half a unit apart. */
const LINE_EVERY = 0.5;

/** The points of a grid line. */
export const LINE_POINTS = 61;

/** A place: 0 is the data, 1 is after the first layer, and so on; in between, points move in straight lines. */
type Place = number;

/** A point that the reader has chosen, at the whole place nearest to the one shown. */
export interface ChosenPoint {
  readonly place: number;
  readonly point: readonly [number, number];
}

/** The way of a point from the data to the noise. */
export interface Trace {
  /** The point at every whole place. */
  readonly points: readonly (readonly [number, number])[];
  /** The Jacobian of all layers before each whole place, row by row. */
  readonly jacobians: readonly (readonly [number, number, number, number])[];
  /** ln|det| of each layer. */
  readonly logDets: readonly number[];
  /** The log-density of the noise. */
  readonly logPrior: number;
}

/** What is shown. */
export interface Look {
  readonly place: Place;
  /** Two numbers for each point. */
  readonly points: Float32Array;
  /** The lines of the noise's grid, `LINE_POINTS` points each. */
  readonly lines: Float32Array;
  /** The density in each cell, row by row from the top left, at the whole place nearest to `place`. */
  readonly density: Float32Array;
  readonly trace: Trace | undefined;
}

/** Computes a look. */
export async function lookAt(
  layers: Layers,
  weights: Weights,
  {
    place: layerPosition,
    points,
    chosen,
  }: { place: Place; points: Float32Array; chosen: ChosenPoint | undefined },
): Promise<Look> {
  const [below, share] = [Math.floor(layerPosition), layerPosition % 1];
  const upwards = async (from: Float32Array): Promise<Float32Array> => {
    let moved = from;
    for (let layer = 0; layer < below; layer++) {
      moved = (await layers.forward(layer, moved, weights)).points;
    }
    return share === 0 ? moved : between(moved, (await layers.forward(below, moved, weights)).points, share);
  };
  const downwards = async (from: Float32Array): Promise<Float32Array> => {
    let [moved, above] = [from, from];
    for (let layer = layers.count - 1; layer >= below; layer--) {
      above = moved;
      moved = await layers.inverse(layer, moved, weights);
    }
    return between(moved, above, share);
  };
  return {
    place: layerPosition,
    points: await upwards(points),
    lines: await downwards(gridLines()),
    density: await densityAt(layers, weights, Math.round(layerPosition)),
    trace: chosen && (await traceWay(layers, weights, chosen)),
  };
}

/** The way of a chosen point. */
async function traceWay(layers: Layers, weights: Weights, chosen: ChosenPoint): Promise<Trace> {
  let current: Float32Array = Float32Array.from(chosen.point);
  for (let layer = chosen.place - 1; layer >= 0; layer--) {
    current = await layers.inverse(layer, current, weights);
  }
  const points: [number, number][] = [[current[0]!, current[1]!]];
  const jacobians: Trace['jacobians'][number][] = [[1, 0, 0, 1]];
  const logDets: number[] = [];
  for (let layer = 0; layer < layers.count; layer++) {
    const moved = await layers.jacobian(layer, current, weights);
    current = moved.points;
    points.push([current[0]!, current[1]!]);
    jacobians.push(multiplyMatrices(moved.jacobian, jacobians.at(-1)!));
    logDets.push(moved.logDet[0]!);
  }
  return { points, jacobians, logDets, logPrior: logNormal(current[0]!, current[1]!) };
}

/** The density of what has passed the layers before a place. */
async function densityAt(layers: Layers, weights: Weights, layerPosition: number): Promise<Float32Array> {
  let current: Float32Array = cellCentres();
  const logDensity = new Float64Array(CELLS ** 2);
  for (let layer = layerPosition; layer < layers.count; layer++) {
    const moved = await layers.forward(layer, current, weights);
    current = moved.points;
    moved.logDet.forEach((value, cell) => {
      logDensity[cell]! += value;
    });
  }
  return Float32Array.from(logDensity, (value, cell) =>
    Math.exp(value + logNormal(current[2 * cell]!, current[2 * cell + 1]!)),
  );
}

/** The centres of the cells, row by row from the top left; the second coordinate points up. */
function cellCentres(): Float32Array {
  const centre = (index: number): number => EXTENT * ((2 * (index + 0.5)) / CELLS - 1);
  return Float32Array.from({ length: 2 * CELLS ** 2 }, (_, index) => {
    const cell = index >> 1;
    return index % 2 === 0 ? centre(cell % CELLS) : -centre(Math.floor(cell / CELLS));
  });
}

/** The lines of a regular grid, the vertical ones first. */
function gridLines(): Float32Array {
  const count = (2 * EXTENT) / LINE_EVERY + 1;
  const lines = Array.from({ length: count }, (_, line) => line * LINE_EVERY - EXTENT);
  const along = Array.from(
    { length: LINE_POINTS },
    (_, index) => EXTENT * ((2 * index) / (LINE_POINTS - 1) - 1),
  );
  return Float32Array.from([
    ...lines.flatMap((x) => along.flatMap((y) => [x, y])),
    ...lines.flatMap((y) => along.flatMap((x) => [x, y])),
  ]);
}

function between(from: Float32Array, to: Float32Array, share: number): Float32Array {
  return share === 0 ? from : from.map((value, index) => value + share * (to[index]! - value));
}

/** The log-density of a point under the standard normal distribution. */
function logNormal(x: number, y: number): number {
  return -Math.log(2 * Math.PI) - (x * x + y * y) / 2;
}

type Matrix = Trace['jacobians'][number];

function multiplyMatrices([a, b, c, d]: Matrix, [e, f, g, h]: Matrix): Matrix {
  return [a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h];
}
