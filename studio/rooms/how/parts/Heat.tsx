// A small matrix drawn as squares.
import type { Matrix } from '../maths/matrices.ts';

/** Smaller values are shown as 0. */
const NOTHING = 1e-9;

interface HeatProps {
  /** The caption. */
  readonly name: string;
  readonly matrix: Matrix;
  /** The columns of the widest matrix in the figure, so that squares have one size; by default its own. */
  readonly widest?: number;
}

/** A matrix with positive and negative values in two colours. */
export function Heat({ name, matrix, widest = matrix[0]!.length }: HeatProps) {
  const [height, width] = [matrix.length, matrix[0]!.length];
  const largest = Math.max(...matrix.flat().map(Math.abs));
  return (
    <div class="how-panel">
      <div class="how-grid how-heat" style={{ width: `${(100 * width) / widest}%` }}>
        <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`The matrix ${name}`}>
          {matrix.flatMap((row, i) =>
            row.map((value, j) => (
              <rect
                key={i * width + j}
                x={j + 0.04}
                y={i + 0.04}
                width={0.92}
                height={0.92}
                class={Math.abs(value) < NOTHING ? 'how-empty' : value > 0 ? 'how-first' : 'how-second'}
                style={{
                  fillOpacity: Math.abs(value) < NOTHING ? '' : 0.15 + (0.85 * Math.abs(value)) / largest,
                }}
              />
            )),
          )}
        </svg>
      </div>
      <p>{name}</p>
    </div>
  );
}
