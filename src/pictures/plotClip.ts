// Clips lines to the area of a plot: the renderer crashes on marks that lie wholly outside the canvas.

/** A rectangle in pixels. */
export interface PlotArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A point in pixels. */
export type Place = readonly [x: number, y: number];

/** So far outside the area, in pixels, a point is still at its end: places are rounded. */
const tolerance = 1e-6;

/** Whether a point is in the area; points that are not finite are not. */
export function isInside([x, y]: Place, { left, right, top, bottom }: PlotArea): boolean {
  const isBetween = (value: number, least: number, most: number): boolean =>
    value >= least - tolerance && value <= most + tolerance;
  return isBetween(x, left, right) && isBetween(y, top, bottom);
}

/** The pieces of a line within the area. It is also broken where a point is not finite. */
export function clippedLine(points: readonly Place[], area: PlotArea): Place[][] {
  const pieces: Place[][] = [];
  for (const [index, to] of points.entries()) {
    const from = points[index - 1];
    const part = from && segmentInside(from, to, area);
    if (part) {
      const end = pieces.at(-1)?.at(-1);
      if (end && end[0] === part[0][0] && end[1] === part[0][1]) {
        pieces.at(-1)!.push(part[1]);
      } else {
        pieces.push([...part]);
      }
    }
  }
  return pieces;
}

/** The part of a segment within the area (Liang–Barsky); undefined if there is none. */
function segmentInside(from: Place, to: Place, area: PlotArea): [Place, Place] | undefined {
  if (![...from, ...to].every(Number.isFinite)) {
    return undefined;
  }
  const [across, down] = [to[0] - from[0], to[1] - from[1]];
  // Where the segment enters and leaves, from 0 at its start to 1 at its end.
  let [entry, exit] = [0, 1];
  for (const [distance, rate] of [
    [from[0] - area.left, across],
    [area.right - from[0], -across],
    [from[1] - area.top, down],
    [area.bottom - from[1], -down],
  ] as const) {
    if (rate > 0) {
      entry = Math.max(entry, -distance / rate);
    } else if (rate < 0) {
      exit = Math.min(exit, -distance / rate);
    } else if (distance < 0) {
      return undefined;
    }
  }
  const at = (share: number): Place => [from[0] + share * across, from[1] + share * down];
  return entry >= exit ? undefined : [entry === 0 ? from : at(entry), exit === 1 ? to : at(exit)];
}
