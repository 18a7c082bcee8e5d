// A plot's values as a table, for screen readers and exact numbers.
import type { PlotSeries } from '../../../src/pictures/plot.ts';
import type { PlotMark } from './curveSeries.ts';

/** The maximum number of rows per series. */
const MOST_ROWS = 12;

interface PlotTableProps {
  readonly series: readonly PlotSeries[];
  readonly marks: readonly PlotMark[];
  readonly xLabel: string;
  readonly yLabel: string;
}

/** The table, initially closed. */
export function PlotTable({ series, marks, xLabel, yLabel }: PlotTableProps) {
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
                  <td>{Number(x.toFixed(1)).toLocaleString('en')}</td>
                  <td>{Number.isFinite(y) ? y.toFixed(4) : 'not finite'}</td>
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
