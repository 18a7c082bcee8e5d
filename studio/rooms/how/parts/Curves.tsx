// A plot of functions of one variable, with marked points.

interface Curve {
  readonly of: (x: number) => number;
  /** A class of how.css. */
  readonly look: string;
}

interface CurvesProps {
  /** The accessible name. */
  readonly label: string;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly curves: readonly Curve[];
  /** Marked points. */
  readonly marks?: readonly (readonly [number, number])[];
}

const STEPS = 160;
const SIZE = 100;

/** A plot with axes through 0. */
export function Curves({ label, x, y, curves, marks = [] }: CurvesProps) {
  const across = (value: number): number => (SIZE * (value - x[0])) / (x[1] - x[0]);
  const down = (value: number): number => (SIZE * (y[1] - value)) / (y[1] - y[0]);
  // Clamped, because browsers fail to draw extreme coordinates.
  const point = (position: number, value: number): string =>
    `${across(position).toFixed(2)},${Math.min(3 * SIZE, Math.max(-2 * SIZE, down(value))).toFixed(2)}`;
  return (
    <svg class="how-curves" viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={label}>
      <line x1={across(0)} x2={across(0)} y1={0} y2={SIZE} />
      <line x1={0} x2={SIZE} y1={down(0)} y2={down(0)} />
      {curves.map(({ of: evaluate, look }) => (
        <polyline
          key={look}
          class={look}
          points={Array.from({ length: STEPS + 1 }, (_, index) => {
            const position = x[0] + ((x[1] - x[0]) * index) / STEPS;
            return point(position, evaluate(position));
          }).join(' ')}
        />
      ))}
      {marks.map(([position, value], index) => (
        // Marks are identified by their position in the list.
        <circle key={index} cx={across(position)} cy={down(value)} r={1.8} />
      ))}
    </svg>
  );
}
