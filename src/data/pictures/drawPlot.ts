// Plots as SVG and PNG: resvg turns the layout into pixels.
import type { Values } from '../../core/numeric/index.ts';
import type { Plot } from './plot.ts';
import { layOutPlot } from './plotLayout.ts';
import { rasterise } from './rasterise.node.ts';
import { element, svgText } from './svg.ts';

/** Eight colours that are distinguishable with any colour vision (Okabe and Ito). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000', '#999999'];
/** The look of a plot in a file; the font of an SVG shown elsewhere falls back to the reader's own. */
const style = [
  'text { font-family: DejaVu Sans, Verdana, sans-serif; fill: #333 }',
  '.plot-title { font-weight: bold }',
  '.plot-title, .plot-axis, .plot-name { fill: black }',
  '.plot-subtitle { fill: #555 }',
  '.plot-grid { stroke: #e4e4e4 }',
  '.plot-base { stroke: #888 }',
  '.plot-way { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round }',
  '.plot-dot { fill: currentColor }',
  '.plot-error { stroke: currentColor; stroke-width: 1.5 }',
  '.plot-faint { opacity: 0.4 }',
  ...colours.map((colour, hue) => `.hue-${hue} { color: ${colour} }`),
].join('\n');

/**
 * A plot as the text of an SVG.
 *
 * @throws RangeError if no point is finite and within the range of its axes, or a logarithmic axis would have to show a
 * value that is not above 0
 */
export function plotSvg(plot: Plot): string {
  requireDrawable(plot);
  const { width, height, elements, marks } = layOutPlot(plot);
  if (marks === 0) {
    throw new RangeError('a plot needs a point within the range of its axes');
  }
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  const background = element('rect', { width, height, fill: 'white' });
  const look = element('style', {}, style);
  return svgText(
    element('svg', { xmlns: 'http://www.w3.org/2000/svg', ...size }, look, background, ...elements),
  );
}

/**
 * A plot as the bytes of a PNG, the same on every machine.
 *
 * @throws RangeError as `plotSvg` does; Error if the renderer crashes, refuses it or takes too long
 */
export async function plotPng(plot: Plot): Promise<Uint8Array> {
  return rasterise(plotSvg(plot));
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
  const wrong = shown.find((value) => !(value > 0));
  if (wrong !== undefined) {
    throw new RangeError(`a logarithmic axis cannot show ${wrong}`);
  }
}

/**
 * The first two numbers of points as a scatter plot, as the bytes of a PNG.
 *
 * @param values the numbers of all points, point after point
 * @param dimensions how many numbers a point has, 2 or more
 * @throws RangeError if no point is finite
 */
export function pointsPicture(values: Values, dimensions: number): Promise<Uint8Array> {
  const points = Array.from({ length: values.length / dimensions }, (_, index) => ({
    x: values[index * dimensions]!,
    y: values[index * dimensions + 1]!,
  })).filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  return plotPng({
    x: { label: 'x0' },
    y: { label: 'x1' },
    series: [{ name: 'points', kind: 'points', faint: true, points }],
    width: 560,
    height: 560,
  });
}
