// The way of the chosen point: its place after every layer, what becomes of a small square around it, and the log-terms.
import { decimal } from '../../../numbers.ts';
import { EXTENT, type Trace } from '../../../work/plane/look.ts';
import { squarePath } from './PlaneView.tsx';

/** The side of the square around the chosen point. */
const SIDE = 0.4;

/** The sides of the parallelogram that a square has become. */
export function parallelogramSides([a, b, c, d]: Trace['jacobians'][number]): [
  readonly [number, number],
  readonly [number, number],
] {
  return [
    [SIDE * a, SIDE * c],
    [SIDE * b, SIDE * d],
  ];
}

/** The name of a place in the flow. */
export function placeName(position: number, layers: number): string {
  if (position === 0) {
    return 'data';
  }
  return position === layers ? 'noise' : `layer ${position}`;
}

/** A picture of every place, with the log-change of areas by its layer. */
export function PointWay({
  trace,
  place: layerPosition,
  onPlace,
}: {
  trace: Trace;
  place: number;
  onPlace(position: number): void;
}) {
  const layers = trace.logDets.length;
  return (
    <ol class="plane-way" aria-label="The way of the chosen point">
      {trace.points.map((point, index) => {
        const name = placeName(index, layers);
        const logDet = trace.logDets[index - 1];
        return (
          // Places keep their order.
          <li key={index}>
            <button
              type="button"
              aria-pressed={Math.round(layerPosition) === index}
              onClick={() => onPlace(index)}
              title={`(${decimal(point[0])}, ${decimal(point[1])})`}
            >
              <svg viewBox={`${-EXTENT} ${-EXTENT} ${2 * EXTENT} ${2 * EXTENT}`} aria-hidden="true">
                <path class="plane-axes" d={`M0 ${-EXTENT}V${EXTENT}M${-EXTENT} 0H${EXTENT}`} />
                <path
                  class="plane-square"
                  d={squarePath(point, parallelogramSides(trace.jacobians[index]!))}
                />
                <circle class="plane-chosen" cx={point[0]} cy={-point[1]} r={0.15} />
              </svg>
              <span>{name}</span>
              <span class="plane-term">{logDet === undefined ? '' : signed(logDet)}</span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

/** The sum in words and numbers. */
export function PointSum({ trace }: { trace: Trace }) {
  const logDet = trace.logDets.reduce((sum, value) => sum + value, 0);
  const [a, b, c, d] = trace.jacobians.at(-1)!;
  const area = Math.abs(a * d - b * c);
  const [x, y] = trace.points[0]!;
  return (
    <>
      For the point ({decimal(x)}, {decimal(y)}), ln p(x) = ln p(z) + Σ ln|det| = {decimal(trace.logPrior)}{' '}
      {logDet < 0 ? '−' : '+'} {decimal(Math.abs(logDet))} ={' '}
      <strong data-testid="log-density">{decimal(trace.logPrior + logDet)}</strong>, a density of{' '}
      {factor(Math.exp(trace.logPrior + logDet))}. On its way to the noise, a small square around it becomes a
      parallelogram of {factor(area)} times the area, so the data is{' '}
      {area < 1 ? 'less dense here than its noise' : 'denser here than its noise'}; ln {factor(area)} ={' '}
      {decimal(Math.log(area))}.
    </>
  );
}

function signed(value: number): string {
  const text = decimal(value);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

/** A positive number with at least three significant digits. */
function factor(value: number): string {
  return value >= 1 ? decimal(value) : String(Number(value.toPrecision(3)));
}
