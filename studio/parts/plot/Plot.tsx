// A plot of curves with the layout of plots in files, plus marks, a legend with values, and a table.
import { h, type VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PlotPoint, PlotSeries } from '../../../src/data/pictures/plot.ts';
import { layOutPlot } from '../../../src/data/pictures/plotLayout.ts';
import { HUES, markClass, pointForm } from '../../../src/data/pictures/plotMarks.ts';
import type { SvgElement } from '../../../src/data/pictures/svg.ts';
import { counted, decimal } from '../../numbers.ts';
import type { PlotMark, RangedPlot } from './curveSeries.ts';
import './plot.css';

interface PlotProps {
  /** The accessible name. */
  readonly label: string;
  readonly plot: RangedPlot;
  readonly marks: readonly PlotMark[];
  /** The legend's values of series by name, instead of the last ones of their points. */
  readonly results?: ReadonlyMap<string, number>;
  /** The marked place along x, whose values the legend shows unless the pointer is elsewhere. */
  readonly at?: number;
  /** Called with the part of the x axis that was dragged over; without it, dragging does nothing. */
  onPart?(part: readonly [from: number, to: number]): void;
}

/** A shorter drag, in pixels, is a click. */
const SHORTEST_DRAG = 8;

const HEIGHT = 320;

/** A plot that fills the available width. The legend shows the values at the pointer, by default the last ones. */
export function Plot({ label, plot, marks, results, at: marked, onPart }: PlotProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(600);
  const [pointer, setPointer] = useState<number>();
  const [dragged, setDragged] = useState<number>();
  const pointed = pointer ?? marked;
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.max(240, entry!.contentRect.width)));
    observer.observe(frame.current!);
    return () => observer.disconnect();
  }, []);
  const { elements, area, across } = layOutPlot({ ...plot, width, height: HEIGHT }, { legend: false });
  const { left: leftEdge, right, top, bottom } = area;
  const { series, x, y } = plot;
  const labels = { xLabel: x.label, yLabel: y.label };
  const [first, last] = x.range;
  /** The place on the x axis at a pointer, if it is inside the plot. */
  const placeAt = ({
    clientX,
    currentTarget,
  }: {
    clientX: number;
    currentTarget: Element;
  }): number | undefined => {
    const share = (clientX - currentTarget.getBoundingClientRect().left - leftEdge) / (right - leftEdge);
    return share >= 0 && share <= 1 ? first + share * (last - first) : undefined;
  };
  return (
    <figure class="plot">
      <Legend series={series} results={results} pointed={pointed} />
      <div
        ref={frame}
        class="plot-frame"
        onPointerDown={(event) =>
          setDragged(onPart && event.pointerType === 'mouse' ? placeAt(event) : undefined)
        }
        onPointerMove={(event) => setPointer(placeAt(event))}
        onPointerUp={(event) => {
          const pointedValue = placeAt(event);
          if (
            dragged !== undefined &&
            pointedValue !== undefined &&
            Math.abs(across(pointedValue) - across(dragged)) >= SHORTEST_DRAG
          ) {
            onPart?.([Math.min(dragged, pointedValue), Math.max(dragged, pointedValue)]);
          }
          setDragged(undefined);
        }}
        onPointerLeave={() => {
          setPointer(undefined);
          setDragged(undefined);
        }}
      >
        <svg width={width} height={HEIGHT} role="img" aria-label={label}>
          {elements.map(toVNode)}
          {marks
            .filter((mark) => mark.x >= first && mark.x <= last)
            .map((mark) => (
              <line
                key={mark.text}
                class={`plot-mark ${mark.kind} hue-${mark.hue % HUES}`}
                x1={across(mark.x)}
                x2={across(mark.x)}
                y1={mark.kind === 'rollback' ? top : bottom - 14}
                y2={bottom}
              >
                <title>{mark.text}</title>
              </line>
            ))}
          {dragged !== undefined && pointed !== undefined && (
            <rect
              class="plot-part"
              x={Math.min(across(dragged), across(pointed))}
              width={Math.abs(across(pointed) - across(dragged))}
              y={top}
              height={bottom - top}
            />
          )}
          {pointed !== undefined && (
            <line class="plot-pointer" x1={across(pointed)} x2={across(pointed)} y1={top} y2={bottom} />
          )}
        </svg>
      </div>
      <PlotTable series={series} marks={marks} {...labels} />
    </figure>
  );
}

function toVNode({ tag, attributes, children }: SvgElement): VNode {
  return h(
    tag,
    attributes,
    children.map((child) => (typeof child === 'string' ? child : toVNode(child))),
  );
}

/** Every series' name, and its value at the pointer, by default the last one. */
function Legend({
  series,
  results,
  pointed,
}: {
  series: readonly PlotSeries[];
  results: ReadonlyMap<string, number> | undefined;
  pointed: number | undefined;
}) {
  return (
    <ul class="plot-legend">
      {series.map(({ name, hue = 0, faint = false, kind, points }) => {
        const result = pointed === undefined ? results?.get(name) : undefined;
        const value = result ?? valueAt(points, pointed);
        return (
          <li key={name}>
            <svg width="26" height="12" aria-hidden="true">
              <path class={markClass('way', hue, { faint })} d="M1 6h24" />
              {kind === 'line and points' && <Dot hue={hue} x={13} y={6} />}
            </svg>
            <span>{name}</span>
            {value !== undefined && <output>{decimal(value, 3)}</output>}
          </li>
        );
      })}
    </ul>
  );
}

/** The last value up to `position`. */
function valueAt(points: readonly PlotPoint[], position = Number.POSITIVE_INFINITY): number | undefined {
  return points.findLast(({ x, y }) => x <= position && Number.isFinite(y))?.y;
}

/** The maximum number of rows per series. */
const MOST_ROWS = 12;

interface PlotTableProps {
  readonly series: readonly PlotSeries[];
  readonly marks: readonly PlotMark[];
  readonly xLabel: string;
  readonly yLabel: string;
}

/** The table, initially closed. */
function PlotTable({ series, marks, xLabel, yLabel }: PlotTableProps) {
  return (
    <details class="plot-table">
      <summary>As a table</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: makes it scrollable with the keyboard. */}
      <section aria-label="The plot as a table" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">series</th>
              <th scope="col">{xLabel}</th>
              <th scope="col">{yLabel}</th>
            </tr>
          </thead>
          <tbody>
            {series.flatMap(({ name, points }) =>
              spread(points).map(({ x, y }) => (
                <tr key={`${name} ${x}`}>
                  <th scope="row">{name}</th>
                  <td>{counted(Number(x.toFixed(1)))}</td>
                  <td>{Number.isFinite(y) ? decimal(y, 4) : 'not finite'}</td>
                </tr>
              )),
            )}
          </tbody>
        </table>
        {marks.length > 0 && (
          <ul>
            {marks.map(({ text }) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        )}
      </section>
    </details>
  );
}

/** At most `MOST_ROWS` points, evenly spread, including the last. */
function spread<Point>(points: readonly Point[]): Point[] {
  const every = Math.max(1, (points.length - 1) / (MOST_ROWS - 1));
  return Array.from(
    { length: Math.min(points.length, MOST_ROWS) },
    (_, index) => points[Math.round(index * every)]!,
  );
}

/** A dot at a position in an SVG. */
export function Dot({ hue, x, y }: { hue: number; x: number; y: number }) {
  return <path class={markClass('dot', hue)} d={pointForm(hue)} transform={`translate(${x} ${y})`} />;
}
