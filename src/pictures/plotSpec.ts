// The Vega-Lite specification of a plot.
import type { TopLevelSpec } from 'vega-lite';
import { visibleText } from '../visibleText.ts';
import { clippedLine, clippedPoints, type DrawnPoint, type MarkKind, type PlotAxes } from './clip.ts';
import type { Plot, PlotSeries } from './plot.ts';
import { horizontal, vertical } from './plotAxes.ts';

/** The font family of plots; an SVG shown elsewhere falls back to the reader's own fonts. */
const FONT = 'DejaVu Sans, Verdana, sans-serif';
/** Eight colours that are distinguishable with any colour vision (Okabe and Ito). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000', '#999999'];
/** The share of its colour that a faint series keeps; the rest is white. */
const faintShare = 0.4;
const dot = (radius: number): string =>
  `M-${radius},0A${radius},${radius},0,1,1,${radius},0A${radius},${radius},0,1,1,-${radius},0`;
const diamond = (radius: number): string => `M0,-${radius}L${radius},0L0,${radius}L-${radius},0Z`;
/** The symbol in front of a name in the legend, as an SVG path in [−1, 1]: a line, a point, both, a square. */
const legendShapes = (point: (radius: number) => string): Record<PlotSeries['kind'], string> => ({
  line: 'M-1,0L1,0',
  points: point(0.43),
  'line and points': `M-1,0L1,0${point(0.33)}`,
  bars: 'M-.6,-.6L.6,-.6L.6,.6L-.6,.6Z',
});
const defaultSize = { width: 720, height: 400 };
/** Pixels around everything. */
const padding = 12;

/** One point as a row of the table that Vega-Lite draws. */
interface Row extends DrawnPoint {
  readonly series: string;
}

/**
 * The specification of a plot.
 *
 * @throws RangeError if no point is finite and within the range of its axes, or a logarithmic axis would have to show a
 * value that is not above 0
 */
export function plotSpec(given: Plot): TopLevelSpec {
  const plot = withVisibleText(given);
  requireDrawable(plot);
  const layers = layersOf(plot);
  if (layers.length === 0) {
    throw new RangeError('a plot needs a point within the range of its axes');
  }
  const { title, subtitle } = plot;
  const heading = {
    text: title ?? '',
    anchor: 'start',
    offset: 10,
    ...(subtitle !== undefined && { subtitle }),
  };
  const spec = {
    width: plot.width ?? defaultSize.width,
    height: plot.height ?? defaultSize.height,
    padding,
    autosize: { type: 'fit', contains: 'padding' },
    background: 'white',
    ...(title !== undefined && { title: heading }),
    layer: layers,
    config: {
      font: FONT,
      title: { fontSize: 16, subtitleFontSize: 12, subtitleColor: '#555', subtitlePadding: 5 },
      axis: {
        labelFontSize: 12,
        labelColor: '#333',
        labelFlush: false,
        titleFontSize: 13,
        titleFontWeight: 'normal',
        titlePadding: 8,
        gridColor: '#e4e4e4',
        domainColor: '#888',
        tickColor: '#888',
      },
      legend: {
        orient: 'top',
        title: null,
        labelFontSize: 13,
        labelLimit: 400,
        columns: legendColumns(plot),
        columnPadding: 18,
        offset: 6,
        // Its root is the length of the symbols: 17 pixels.
        symbolSize: 300,
        symbolStrokeWidth: 2,
        symbolOpacity: 1,
      },
      view: { stroke: null },
    },
  };
  // The types require literals throughout; whether the specification is valid is checked by the Vega-Lite compiler.
  return spec as unknown as TopLevelSpec;
}

/** A copy whose texts are valid in an SVG, each on one line. */
function withVisibleText<Part>(part: Part): Part {
  const copy = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return visibleText(value);
    }
    if (Array.isArray(value)) {
      return value.map(copy);
    }
    return typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, copy(one)]))
      : value;
  };
  return copy(part) as Part;
}

/** The number of legend columns that is certain to fit: one row for all, or columns as wide as the widest name. */
function legendColumns({ series, width = defaultSize.width }: Plot): number {
  const widths = series.filter(({ unlisted }) => !unlisted).map(({ name }) => 8 * name.length + 45);
  const room = width - 80;
  const inOneRow = widths.reduce((sum, each) => sum + each, 0) <= room;
  return inOneRow ? widths.length : Math.max(1, Math.floor(room / Math.max(...widths)));
}

/** The layers, bottom first: lines, bars, points, error bars. */
function layersOf({ x, y, series }: Plot): object[] {
  const bars = series.filter(({ kind }) => kind === 'bars');
  const others = series.filter(({ kind }) => kind !== 'bars');
  const points = others.filter(({ kind }) => kind !== 'line');
  const clip = (x.range ?? y.range) !== undefined;
  const color = bySeries(series, series.map(colourOf));
  const strokeDash = bySeries(
    series,
    series.map(({ dashed }) => (dashed ? [5, 4] : [1, 0])),
  );
  const encoding = { x: horizontal(x, series, clip), y: vertical(y, series, clip), color };
  const names = series.map(({ name }) => name);
  const beside = bars.length > 1 ? { xOffset: { field: 'series', type: 'nominal', sort: names } } : {};
  const ends = { ...encoding, y: { ...encoding.y, field: 'low' }, y2: { field: 'high' } };
  const layer = (
    drawn: readonly PlotSeries[],
    mark: { readonly type: MarkKind; readonly [property: string]: unknown },
    encoding: object,
  ): object[] => {
    const values = drawn.flatMap((one) => rowsOf(one, mark.type, { x, y }));
    return values.length === 0 ? [] : [{ data: { values }, mark: { ...mark, clip }, encoding }];
  };
  const errors = (drawn: readonly PlotSeries[], encoding: object): object[] =>
    layer(
      drawn.map((one) => ({ ...one, points: one.points.filter(({ error }) => error !== undefined) })),
      { type: 'rule', strokeWidth: 1.5 },
      encoding,
    );
  return [
    ...layer(
      others.filter(({ kind }) => kind !== 'points'),
      { type: 'line', strokeWidth: 2 },
      { ...encoding, strokeDash },
    ),
    ...layer(bars, { type: 'bar' }, { ...encoding, ...beside }),
    ...layer(
      points.filter((one) => !isSecondOfColour(one, series)),
      { type: 'point', filled: true, opacity: 1, size: 45 },
      encoding,
    ),
    ...layer(
      points.filter((one) => isSecondOfColour(one, series)),
      { type: 'point', shape: 'diamond', filled: true, opacity: 1, size: 90 },
      encoding,
    ),
    // Black on bars, where the colour of the series would be invisible.
    ...errors(bars, { ...ends, ...beside, color: { value: '#222' }, detail: { field: 'series' } }),
    ...errors(others, ends),
  ];
}

/** The rows of a series, clipped to the range of the axes. */
function rowsOf({ name, points }: PlotSeries, mark: MarkKind, axes: PlotAxes): Row[] {
  const inside = mark === 'line' ? clippedLine(points, axes) : clippedPoints(points, axes, mark);
  return inside.map((point) => ({ ...point, series: name }));
}

/** A property of a mark that depends on its series. */
function bySeries(series: readonly PlotSeries[], values: readonly unknown[]): object {
  const scale = { domain: series.map(({ name }) => name), range: values };
  const listed = series.filter(({ unlisted }) => !unlisted);
  const shapes = Object.fromEntries(
    listed.map((one) => [one.name, legendShapes(isSecondOfColour(one, series) ? diamond : dot)[one.kind]]),
  );
  const symbols = { shape: { value: { signal: `${JSON.stringify(shapes)}[datum.value]` } } };
  const legend = { values: listed.map(({ name }) => name), encoding: { symbols } };
  return { field: 'series', type: 'nominal', scale, legend: series.length === 1 ? null : legend };
}

/** Whether another series has the colour already, so that its points need another shape. */
function isSecondOfColour(one: PlotSeries, series: readonly PlotSeries[]): boolean {
  return (one.hue ?? series.indexOf(one)) >= colours.length;
}

/** The colour of a series, as `#rrggbb`. */
function colourOf({ hue, faint }: PlotSeries, index: number): string {
  const colour = colours[(hue ?? index) % colours.length]!;
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  const shown = channels.map((value) => (faint ? Math.round(255 - faintShare * (255 - value)) : value));
  return `#${shown.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

function requireDrawable({ x, y, series }: Plot): void {
  const points = series.flatMap(({ points }) => points).filter((point) => Number.isFinite(point.y));
  if (points.length === 0) {
    throw new RangeError('a plot needs a point whose value is finite');
  }
  const shown = [
    ...(x.log ? points.map((point) => point.x) : []),
    ...(y.log ? points.map((point) => point.y - (point.error ?? 0)) : []),
  ];
  const wrong = shown.find((value) => !(Number(value) > 0));
  if (wrong !== undefined) {
    throw new RangeError(`a logarithmic axis cannot show ${wrong}`);
  }
}
