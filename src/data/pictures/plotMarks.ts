// The marks of a plot's series: lines, points and error bars, clipped to its area.
import type { Plot, PlotSeries } from './plot.ts';
import { element, pixels, type SvgElement } from './svg.ts';

/** The number of colours, after which they repeat. */
export const HUES = 8;

/** The forms of points, for readers who cannot tell the colours apart. */
const forms = [
  'M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z',
  'M-3.6-3.6h7.2v7.2h-7.2Z',
  'M0-4.8L4.6 3.4H-4.6Z',
  'M0-5L5 0L0 5L-5 0Z',
  'M0 4.8L4.6-3.4H-4.6Z',
  'M-4.5-1.5h3v-3h3v3h3v3h-3v3h-3v-3h-3Z',
] as const;

interface PlotPlaces {
  readonly area: PlotArea;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** The outline of a point, around 0. */
export function pointForm(hue: number): string {
  return forms[hue % forms.length]!;
}

/** The colour and the form of a series. */
export function seriesHue(series: readonly PlotSeries[], line: PlotSeries): number {
  return line.hue ?? series.indexOf(line);
}

/** The classes that choose the look of a mark. */
export function markClass(mark: string, hue: number, { faint }: Pick<PlotSeries, 'faint'> = {}): string {
  return `plot-${mark} hue-${hue % HUES}${faint ? ' plot-faint' : ''}`;
}

/** The marks of all series, the lowest first. */
export function plotMarks({ series }: Plot, places: PlotPlaces): SvgElement[] {
  const hue = (lineHue: PlotSeries): number => seriesHue(series, lineHue);
  return [
    ...series.filter(({ kind }) => kind !== 'points').flatMap((line) => lineMark(line, hue(line), places)),
    ...series.filter(({ kind }) => kind !== 'line').flatMap((line) => pointMarks(line, hue(line), places)),
    ...series.flatMap((line) => errorMarks(line, hue(line), places)),
  ];
}

function lineMark(line: PlotSeries, hue: number, { area, x, y }: PlotPlaces): SvgElement[] {
  const pieces = clippedLine(
    line.points.map((point): Place => [x(point.x), y(point.y)]),
    area,
  );
  const path = pieces
    .map((piece) => `M${piece.map((vertex) => vertex.map(pixels).join(',')).join('L')}`)
    .join('');
  return path === '' ? [] : [element('path', { class: markClass('way', hue, line), d: path })];
}

function pointMarks(line: PlotSeries, hue: number, { area, x, y }: PlotPlaces): SvgElement[] {
  return line.points
    .map((point): Place => [x(point.x), y(point.y)])
    .filter((point) => isInside(point, area))
    .map((point) => pointMark(hue, point, line));
}

/** A point of a series. */
export function pointMark(hue: number, centre: Place, look?: Pick<PlotSeries, 'faint'>): SvgElement {
  const transform = `translate(${centre.map(pixels).join(',')})`;
  return element('path', { class: markClass('dot', hue, look), d: pointForm(hue), transform });
}

function errorMarks({ points }: PlotSeries, hue: number, { area, x, y }: PlotPlaces): SvgElement[] {
  const within = (position: number): number => Math.max(area.top, Math.min(area.bottom, position));
  return points.flatMap((point) => {
    if (point.error === undefined || !Number.isFinite(point.y)) {
      return [];
    }
    const centreX = x(point.x);
    const [low, high] = [y(point.y - point.error), y(point.y + point.error)];
    const ends = { x1: centreX, x2: centreX, y1: within(low), y2: within(high) };
    const isShown = low >= area.top && high <= area.bottom && isInside([centreX, area.top], area);
    return isShown ? [element('line', { class: markClass('error', hue), ...ends })] : [];
  });
}

/** A rectangle in pixels. */
export interface PlotArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A point in pixels. */
type Place = readonly [x: number, y: number];

/** So far outside the area, in pixels, a point is still at its end: places are rounded. */
const tolerance = 1e-6;

/** Whether a point is in the area; points that are not finite are not. */
function isInside([x, y]: Place, { left: leftEdge, right, top, bottom }: PlotArea): boolean {
  const isBetween = (value: number, least: number, greatest: number): boolean =>
    value >= least - tolerance && value <= greatest + tolerance;
  return isBetween(x, leftEdge, right) && isBetween(y, top, bottom);
}

/** The pieces of a line within the area. It is also broken where a point is not finite. */
function clippedLine(points: readonly Place[], area: PlotArea): Place[][] {
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
  const pointAt = (share: number): Place => [from[0] + share * across, from[1] + share * down];
  return entry >= exit ? undefined : [entry === 0 ? from : pointAt(entry), exit === 1 ? to : pointAt(exit)];
}
