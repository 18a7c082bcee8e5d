// The choice of the learning curves' x axis.
import type { CurveAxis } from './curveSeries.ts';
import './plot.css';

const axes: readonly (readonly [CurveAxis, string])[] = [
  ['steps', 'By step'],
  ['seconds', 'By training time'],
];

/** Two toggle buttons. */
export function AxisChoice({ axis, onChange }: { axis: CurveAxis; onChange(axis: CurveAxis): void }) {
  return (
    <fieldset class="axis-choice" aria-label="Compare">
      {axes.map(([value, text]) => (
        <button key={value} type="button" aria-pressed={axis === value} onClick={() => onChange(value)}>
          {text}
        </button>
      ))}
    </fieldset>
  );
}
