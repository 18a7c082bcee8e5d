// Clips series to the range of the axes: the renderer crashes on marks that lie wholly outside the canvas.
import type { PlotAxis, PlotPoint } from './plot.ts';

/** The mark that a point is drawn with. */
export type MarkKind = 'line' | 'bar' | 'point' | 'rule';

/** A clipped point: a y of null breaks a line; `low` and `high` are the ends of an error bar. */
export interface DrawnPoint {
  readonly x: number | string;
  readonly y: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** Both axes of a plot. */
export interface PlotAxes {
  readonly x: PlotAxis;
  readonly y: PlotAxis;
}

/** A point in axis coordinates (the logarithm on a logarithmic axis), where line segments are straight. */
type Place = readonly [x: number, y: number];

/** Values are first limited to this many axis lengths outside the range: huge ones would leave no digits to clip with. */
const farthest = 100;

/** The points within the range of the axes; bars and error bars that extend outside are clipped. */
export function clippedPoints(
  points: readonly PlotPoint[],
  { x: across, y: axis }: PlotAxes,
  mark: Exclude<MarkKind, 'line'>,
): DrawnPoint[] {
  const [least, most] = rangeOf(axis);
  const cut = (value: number): number => Math.min(most, Math.max(least, value));
  return points.flatMap(({ x, y, error = 0 }): DrawnPoint[] => {
    const [low, high] = [y - error, y + error];
    const isShown =
      mark === 'rule' ? high >= least && low <= most : y >= least && (mark === 'bar' || y <= most);
    return isShown && Number.isFinite(y) && (typeof x === 'string' || isWithin(x, across))
      ? [{ x, y: cut(y), low: finiteOrNull(cut(low)), high: finiteOrNull(cut(high)) }]
      : [];
  });
}

/** The pieces of a line within the range of the axes, separated by points whose y is null. */
export function clippedLine(points: readonly PlotPoint[], axes: PlotAxes): DrawnPoint[] {
  if (points.some(({ x }) => typeof x === 'string')) {
    // There is no position between two names: where a point is outside, the line has a gap.
    return points.map(({ x, y }) => linePoint(x, isWithin(y, axes.y) ? y : null));
  }
  const numbered = points.filter((point): point is PlotPoint & { x: number } => Number.isFinite(point.x));
  if (axes.x.range === undefined && axes.y.range === undefined) {
    return numbered.map(({ x, y }) => linePoint(x, finiteOrNull(y)));
  }
  const ordered = numbered.toSorted((a, b) => a.x - b.x);
  const drawn: DrawnPoint[] = [];
  let last: { x: number; y: number } | undefined;
  for (let index = 1; index < ordered.length; index++) {
    const segment = segmentWithin(ordered[index - 1]!, ordered[index]!, axes);
    if (segment === null) {
      continue;
    }
    const [from, to] = segment;
    if (last === undefined || last.x !== from.x || last.y !== from.y) {
      if (last !== undefined) {
        drawn.push(linePoint((last.x + from.x) / 2, null));
      }
      drawn.push(linePoint(from.x, from.y));
    }
    drawn.push(linePoint(to.x, to.y));
    last = to;
  }
  // A line of one point draws nothing, but the plot keeps its layer.
  return drawn.length > 0
    ? drawn
    : ordered
        .filter(({ x, y }) => isWithin(x, axes.x) && isWithin(y, axes.y))
        .map(({ x, y }) => linePoint(x, y));
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function linePoint(x: number | string, y: number | null): DrawnPoint {
  return { x, y, low: null, high: null };
}

/** The part of a line segment within the range of the axes (Liang–Barsky); null if there is none. */
function segmentWithin(
  from: { x: number; y: number },
  to: { x: number; y: number },
  { x: across, y: axis }: PlotAxes,
): [{ x: number; y: number }, { x: number; y: number }] | null {
  if (!Number.isFinite(from.y) || !Number.isFinite(to.y)) {
    return null;
  }
  const placeOf = ({ x, y }: { x: number; y: number }): Place => [near(x, across), near(y, axis)];
  const [start, end] = [placeOf(from), placeOf(to)];
  // Where the segment enters and leaves, from 0 at its start to 1 at its end.
  let [entry, exit] = [0, 1];
  for (const [index, one] of [across, axis].entries()) {
    const [least, most] = placesOf(one);
    const [value, change] = [start[index]!, end[index]! - start[index]!];
    for (const [room, rate] of [
      [value - least, change],
      [most - value, -change],
    ] as const) {
      if (rate > 0) {
        entry = Math.max(entry, -room / rate);
      } else if (rate < 0) {
        exit = Math.min(exit, -room / rate);
      } else if (room < 0) {
        return null;
      }
    }
  }
  if (entry >= exit) {
    return null;
  }
  const at = (share: number): { x: number; y: number } => {
    const [x, y] = start.map((value, index) => value + share * (end[index]! - value)) as [number, number];
    return { x: back(x, across), y: back(y, axis) };
  };
  return [entry === 0 ? from : at(entry), exit === 1 ? to : at(exit)];
}

function rangeOf({ range = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] }: PlotAxis) {
  return range;
}

function isWithin(value: number, axis: PlotAxis): boolean {
  const [least, most] = rangeOf(axis);
  return Number.isFinite(value) && value >= least && value <= most;
}

/** The coordinate of a value along its axis. */
function along(value: number, { log }: PlotAxis): number {
  return log ? Math.log(value) : value;
}

/** The coordinates of the ends of an axis. */
function placesOf(axis: PlotAxis): Place {
  const [least, most] = rangeOf(axis);
  return axis.range === undefined ? [least, most] : [along(least, axis), along(most, axis)];
}

/** The value at a coordinate, limited to the range of the axis. */
function back(place: number, axis: PlotAxis): number {
  const [least, most] = rangeOf(axis);
  return Math.min(most, Math.max(least, axis.log ? Math.exp(place) : place));
}

/** The coordinate of a value, limited to so far outside the range that a line looks the same. */
function near(value: number, axis: PlotAxis): number {
  const place = along(value, axis);
  if (axis.range === undefined) {
    return place;
  }
  const [least, most] = placesOf(axis);
  const beyond = farthest * (most - least);
  return Math.min(most + beyond, Math.max(least - beyond, place));
}
