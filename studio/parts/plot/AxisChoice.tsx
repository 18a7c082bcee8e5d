// What the x axis of learning curves is.
import type { CurveAxis } from './curveSeries.ts';
import './plot.css';

const axes: readonly (readonly [CurveAxis, string])[] = [
  ['steps', 'At equal steps'],
  ['seconds', 'At equal seconds'],
];

/** Two buttons, one of which is pressed. */
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
