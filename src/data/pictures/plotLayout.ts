// The layout of a plot, as elements of an SVG: heading, legend, axes, marks. Their look is left to style sheets.
import { visibleText } from '../../core/errors.ts';
import type { Plot, PlotAxis, PlotSeries } from './plot.ts';
import { markClass, type PlotArea, plotMarks, pointMark, seriesHue } from './plotMarks.ts';
import { type PlotScale, plotScale } from './plotScale.ts';
import { element, pixels, type SvgElement } from './svg.ts';

interface PlotLayout {
  readonly width: number;
  readonly height: number;
  /** All of it, the lowest first. */
  readonly elements: readonly SvgElement[];
  /** How many of the elements show values. */
  readonly marks: number;
  /** Where the values are. */
  readonly area: PlotArea;
  /** The pixel of a value along x. */
  readonly across: (value: number) => number;
}

const defaultSize = { width: 720, height: 400 };
/** Pixels around everything, and between texts. */
const edge = 12;
const gap = 8;
const sizes = { title: 16, subtitle: 12, legend: 13, axis: 13, tick: 12 };
/** The width of an average character of the font, in em. */
const glyphWidth = 0.62;
/** The pixels between two ticks, about. */
const tickGaps = { x: 110, y: 60 };
const legendSymbol = { width: 18, row: 20 };

interface TextLook {
  readonly class: string;
  readonly size: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** Whether it runs upwards. */
  readonly turned?: boolean;
}

/**
 * Lays out a plot.
 *
 * @param options.legend whether it has a legend, if there are several series
 */
export function layOutPlot(plot: Plot, { legend = true }: { readonly legend?: boolean } = {}): PlotLayout {
  const { width, height } = { ...defaultSize, ...plot };
  const { series } = plot;
  const headings = [
    { text: plot.title, look: { class: 'plot-title', size: sizes.title } },
    { text: plot.subtitle, look: { class: 'plot-subtitle', size: sizes.subtitle } },
  ].filter((heading): heading is { text: string; look: TextLook } => heading.text !== undefined);
  let top = edge;
  const elements: SvgElement[] = headings.map(({ text, look }) => {
    top += look.size + 2;
    const written = textElement(edge, top, shortened(text, width - 2 * edge, look.size), look);
    top += gap - 2;
    return written;
  });
  const listed = legend && series.length > 1 ? series.filter(({ unlisted }) => !unlisted) : [];
  const entries = legendElements(listed, series, { top: top + gap / 2, width });
  elements.push(...entries.elements);
  top += entries.height + gap;

  const y = plotScale(
    plot.y,
    series.flatMap(({ points }) =>
      points.flatMap(({ y, error = 0 }) => [y - error, y + error]).filter(Number.isFinite),
    ),
    Math.max(2, Math.floor(height / tickGaps.y)),
  );
  const leftEdge = edge + sizes.axis + gap + widestTick(y) + gap;
  const x = plotScale(
    plot.x,
    series.flatMap(({ points }) => points.map(({ x }) => x)),
    Math.max(2, Math.floor((width - leftEdge) / tickGaps.x)),
  );
  const last = x.ticks.at(-1);
  const overhang = last ? textWidth(last.text, sizes.tick) / 2 - (1 - last.share) * (width - leftEdge) : 0;
  const right = width - edge - Math.max(0, overhang);
  const area = { left: leftEdge, right, top, bottom: height - edge - sizes.axis - gap - sizes.tick - gap };
  const places = {
    area,
    x: (value: number) => leftEdge + x.share(value) * (right - leftEdge),
    y: (value: number) => area.bottom - y.share(value) * (area.bottom - area.top),
  };
  const marks = plotMarks(plot, places);
  elements.push(...axisElements(plot, { x, y }, area, height), ...marks);
  return { width, height, elements, marks: marks.length, area, across: places.x };
}

/** The legend: the series side by side, in as many rows as they need. */
function legendElements(
  listed: readonly PlotSeries[],
  series: readonly PlotSeries[],
  { top, width }: { readonly top: number; readonly width: number },
): { elements: SvgElement[]; height: number } {
  let [x, row] = [edge, 0];
  const elements = listed.flatMap((entry) => {
    const hue = seriesHue(series, entry);
    const name = shortened(entry.name, width - 2 * edge - legendSymbol.width - gap, sizes.legend);
    const entryWidth = legendSymbol.width + gap + textWidth(name, sizes.legend);
    if (x > edge && x + entryWidth > width - edge) {
      [x, row] = [edge, row + 1];
    }
    const middle = top + (row + 0.5) * legendSymbol.row;
    const symbols = legendSymbols(entry, hue, x, middle);
    const label = textElement(x + legendSymbol.width + gap, middle + 4.5, name, {
      class: 'plot-name',
      size: sizes.legend,
    });
    x += entryWidth + 2 * gap;
    return [...symbols, label];
  });
  return { elements, height: listed.length > 0 ? (row + 1) * legendSymbol.row + gap / 2 : 0 };
}

/** What stands before a name in the legend: a line, a point, or both. */
function legendSymbols(entry: PlotSeries, hue: number, x: number, middle: number): SvgElement[] {
  const { width } = legendSymbol;
  const line = {
    class: markClass('way', hue, entry),
    d: `M${pixels(x)},${pixels(middle)}h${width}`,
  };
  return [
    ...(entry.kind === 'points' ? [] : [element('path', line)]),
    ...(entry.kind === 'line' ? [] : [pointMark(hue, [x + width / 2, middle], entry)]),
  ];
}

/** Grid, ticks and labels of both axes. */
function axisElements(
  plot: Plot,
  { x, y }: { readonly x: PlotScale; readonly y: PlotScale },
  { left: leftEdge, right, top, bottom }: PlotArea,
  height: number,
): SvgElement[] {
  const line = (look: string, [x1, y1]: readonly number[], [x2, y2]: readonly number[]): SvgElement =>
    element('line', { class: look, x1: x1!, y1: y1!, x2: x2!, y2: y2! });
  const tick = { class: 'plot-tick', size: sizes.tick };
  const across = y.ticks.flatMap(({ text, share }) => {
    const tickY = bottom - share * (bottom - top);
    const label = textElement(leftEdge - gap, tickY + 4.5, text, { ...tick, anchor: 'end' });
    return [line('plot-grid', [leftEdge, tickY], [right, tickY]), label];
  });
  const down = apart(x, right - leftEdge).flatMap(({ text, share }) => {
    const tickX = leftEdge + share * (right - leftEdge);
    const label = textElement(tickX, bottom + gap + sizes.tick - 2, text, { ...tick, anchor: 'middle' });
    return [line('plot-grid', [tickX, bottom], [tickX, top]), label];
  });
  const title = { class: 'plot-axis', size: sizes.axis, anchor: 'middle' } as const;
  const names = [
    textElement((leftEdge + right) / 2, height - edge, axisTitle(plot.x, right - leftEdge), title),
    textElement(edge + sizes.axis - 3, (top + bottom) / 2, axisTitle(plot.y, bottom - top), {
      ...title,
      turned: true,
    }),
  ];
  return [...across, ...down, line('plot-base', [leftEdge, bottom], [right, bottom]), ...names];
}

/** The ticks without those whose labels would overlap the ones before them. */
function apart({ ticks }: PlotScale, length: number): PlotScale['ticks'] {
  let end = Number.NEGATIVE_INFINITY;
  return ticks.filter(({ text, share }) => {
    const half = textWidth(text, sizes.tick) / 2;
    const isFree = share * length - half >= end;
    end = isFree ? share * length + half + gap / 2 : end;
    return isFree;
  });
}

function axisTitle({ label, unit }: PlotAxis, room: number): string {
  return shortened(unit === undefined ? label : `${label} (${unit})`, room, sizes.axis);
}

function textElement(x: number, y: number, text: string, { turned, anchor, ...look }: TextLook): SvgElement {
  const position = turned ? { transform: `translate(${pixels(x)},${pixels(y)}) rotate(-90)` } : { x, y };
  const alignment = anchor && { 'text-anchor': anchor };
  return element('text', { class: look.class, 'font-size': look.size, ...alignment, ...position }, text);
}

/** A text on one line that fits in the room, with an ellipsis if it is cut. */
function shortened(text: string, room: number, size: number): string {
  const characters = [...visibleText(text)];
  const maxCharacters = Math.max(1, Math.floor(room / (glyphWidth * size)));
  return characters.length > maxCharacters
    ? `${characters.slice(0, maxCharacters - 1).join('')}…`
    : characters.join('');
}

function textWidth(text: string, size: number): number {
  return glyphWidth * size * [...text].length;
}

function widestTick({ ticks }: PlotScale): number {
  return Math.max(0, ...ticks.map(({ text }) => textWidth(text, sizes.tick)));
}
