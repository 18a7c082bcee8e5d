// A plot of curves: lines over an axis, a legend with their values, and the same as a table.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { HUES, type PlotMark, type PlotPoint, type PlotSeries } from './curveSeries.ts';
import { Dot } from './Dot.tsx';
import { PlotTable } from './PlotTable.tsx';
import { rangeOf, ticksIn } from './scale.ts';
import './plot.css';

interface PlotProps {
  /** What is shown. */
  readonly label: string;
  readonly series: readonly PlotSeries[];
  readonly marks?: readonly PlotMark[];
  readonly xLabel: string;
  readonly yLabel: string;
}

const HEIGHT = 320;
const MARGIN = { top: 10, right: 12, bottom: 40, left: 52 };

/** A plot as wide as its place. The legend shows the last values, or those under the pointer. */
export function Plot({ label, series, marks = [], xLabel, yLabel }: PlotProps) {
  const frame = useRef<HTMLDivElement>(null);
  const area = useId();
  const [width, setWidth] = useState(600);
  const [pointed, setPointed] = useState<number>();
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.max(240, entry!.contentRect.width)));
    observer.observe(frame.current!);
    return () => observer.disconnect();
  }, []);
  const shown = series.filter(({ points }) => points.some(({ y }) => Number.isFinite(y)));
  const range = rangeOf(shown);
  const last = Math.max(1e-9, ...shown.flatMap(({ points }) => points.at(-1)?.x ?? 0));
  const [low, high] = range ?? [0, 1];
  const inner = width - MARGIN.left - MARGIN.right;
  const bottom = HEIGHT - MARGIN.bottom;
  const left = (x: number): number => MARGIN.left + (x / last) * inner;
  const top = (y: number): number => bottom - ((y - low) / (high - low)) * (bottom - MARGIN.top);
  const xTicks = ticksIn(0, last, Math.max(2, Math.floor(width / 110)));
  const yTicks = ticksIn(low, high, 5);
  return (
    <figure class="plot">
      <Legend series={series} pointed={pointed} />
      <div
        ref={frame}
        class="plot-frame"
        onPointerMove={({ clientX, currentTarget }) => {
          const x = clientX - currentTarget.getBoundingClientRect().left - MARGIN.left;
          setPointed(x >= 0 && x <= inner ? (x / inner) * last : undefined);
        }}
        onPointerLeave={() => setPointed(undefined)}
      >
        <svg width={width} height={HEIGHT} role="img" aria-label={label}>
          <clipPath id={area}>
            <rect x={MARGIN.left} y={0} width={inner + MARGIN.right} height={bottom} />
          </clipPath>
          <g class="plot-axes">
            {yTicks.map((tick) => (
              <g key={tick}>
                <line x1={MARGIN.left} x2={width - MARGIN.right} y1={top(tick)} y2={top(tick)} />
                <text x={MARGIN.left - 8} y={top(tick) + 4} text-anchor="end">
                  {tick}
                </text>
              </g>
            ))}
            {xTicks.map((tick) => (
              <text key={tick} x={left(tick)} y={bottom + 18} text-anchor="middle">
                {tick.toLocaleString('en')}
              </text>
            ))}
            <text x={MARGIN.left + inner / 2} y={HEIGHT - 4} text-anchor="middle">
              {xLabel}
            </text>
            <text transform={`translate(12 ${(bottom + MARGIN.top) / 2}) rotate(-90)`} text-anchor="middle">
              {yLabel}
            </text>
          </g>
          <g clip-path={`url(#${area})`}>
            {marks.map((mark) => (
              <line
                key={mark.text}
                class={`plot-mark ${mark.kind} hue-${mark.hue % HUES}`}
                x1={left(mark.x)}
                x2={left(mark.x)}
                y1={mark.kind === 'setback' ? MARGIN.top : bottom - 14}
                y2={bottom}
              >
                <title>{mark.text}</title>
              </line>
            ))}
            {pointed !== undefined && (
              <line class="plot-pointer" x1={left(pointed)} x2={left(pointed)} y1={MARGIN.top} y2={bottom} />
            )}
            {shown.map(({ name, hue, kind, points }) => (
              <g key={name} class={`plot-${kind} hue-${hue % HUES}`}>
                <path class="plot-way" d={pathOf(points, left, top)} />
                {(kind === 'dots' || points.length === 1) &&
                  points.map(({ x, y }) =>
                    Number.isFinite(y) ? <Dot key={x} hue={hue} x={left(x)} y={top(y)} /> : null,
                  )}
              </g>
            ))}
          </g>
        </svg>
      </div>
      <PlotTable series={series} marks={marks} xLabel={xLabel} yLabel={yLabel} />
    </figure>
  );
}

/** The name of every series, and its value where the pointer is, or its last one. */
function Legend({ series, pointed }: { series: readonly PlotSeries[]; pointed: number | undefined }) {
  return (
    <ul class="plot-legend">
      {series.map(({ name, hue, kind, points }) => {
        const value = valueAt(points, pointed);
        return (
          <li key={name} class={`plot-${kind} hue-${hue % HUES}`}>
            <svg width="26" height="12" aria-hidden="true">
              <path class="plot-way" d="M1 6h24" />
              {kind === 'dots' && <Dot hue={hue} x={13} y={6} />}
            </svg>
            <span>{name}</span>
            {value !== undefined && <output>{value.toFixed(3)}</output>}
          </li>
        );
      })}
    </ul>
  );
}

/** The last value up to a place, or the last of all. */
function valueAt(points: readonly PlotPoint[], place = Number.POSITIVE_INFINITY): number | undefined {
  return points.findLast(({ x, y }) => x <= place && Number.isFinite(y))?.y;
}

/** A path through the points; it is broken where a value is not finite. */
function pathOf(
  points: readonly PlotPoint[],
  left: (x: number) => number,
  top: (y: number) => number,
): string {
  let pen = 'M';
  return points
    .map(({ x, y }) => {
      if (!Number.isFinite(y)) {
        pen = 'M';
        return '';
      }
      const part = `${pen}${left(x).toFixed(1)} ${top(y).toFixed(1)}`;
      pen = 'L';
      return part;
    })
    .join('');
}
