// The learning curves of several runs in one plot, by step or training time.
import { useState } from 'preact/hooks';
import {
  type CurveAxis,
  comparisonText,
  curveMarks,
  isValidationAbove,
  type PlottedRun,
  runsPlot,
  trainingResults,
} from './curveSeries.ts';
import { Plot } from './Plot.tsx';
import './plot.css';

/** The choices of how many batches a point of a training curve is the mean of, at least. */
const BATCHES = [1, 10, 100];

/** A part of the x axis. */
type Part = readonly [from: number, to: number];

interface LearningCurvesProps {
  /** With results in one unit. */
  readonly runs: readonly PlottedRun[];
  /** Whether all runs have the same images, so that their results can be compared. */
  readonly areComparable: boolean;
}

/** The plot, the choices of what it shows, and which run is ahead; nothing without runs. */
export function LearningCurves({ runs, areComparable }: LearningCurvesProps) {
  const [axis, setAxis] = useState<CurveAxis>('steps');
  const [batches, setBatches] = useState(1);
  const [zoom, setZoom] = useState<{ readonly runs: string; readonly part: Part }>();
  if (runs.length === 0) {
    return null;
  }
  // Other runs are shown whole.
  const names = runs.map(({ name }) => name).join('\n');
  const part = zoom?.runs === names ? zoom.part : undefined;
  const zoomTo = (chosen: Part): void => setZoom({ runs: names, part: chosen });
  const plot = runsPlot(runs, { axis, batches, part });
  const [first, last] = plot.x.range;
  const comparison = areComparable ? comparisonText(runs, axis) : undefined;
  return (
    <div class="learning-curves">
      <div class="plot-choices">
        <AxisChoice
          axis={axis}
          onChange={(chosen) => {
            setAxis(chosen);
            setZoom(undefined);
          }}
        />
        <label class="quiet">
          Smoothing{' '}
          <select value={batches} onChange={({ currentTarget }) => setBatches(Number(currentTarget.value))}>
            {BATCHES.map((count) => (
              <option key={count} value={count}>
                {count === 1 ? 'as plotted' : `means of ${count} batches`}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="button" onClick={() => zoomTo([(first + last) / 2, last])}>
          Last half
        </button>
        {part && (
          <button type="button" class="button" onClick={() => setZoom(undefined)}>
            Whole run
          </button>
        )}
      </div>
      <Plot
        label={`Learning curves of ${runs.map(({ name }) => name).join(', ')}`}
        plot={plot}
        marks={curveMarks(runs, axis)}
        {...(part === undefined && { results: trainingResults(runs) })}
        onPart={zoomTo}
      />
      {runs.some(isValidationAbove) && (
        <p class="control-note">
          Validation uses the average of the weights over many steps, which early on still contains the first
          weights: it may then lie above training. Later, a validation that rises means overfitting.
        </p>
      )}
      {comparison !== undefined && (
        <p class="plot-comparison" role="status">
          {comparison}
        </p>
      )}
    </div>
  );
}

const axes: readonly (readonly [CurveAxis, string])[] = [
  ['steps', 'By step'],
  ['seconds', 'By training time'],
];

/** Two toggle buttons. */
function AxisChoice({ axis, onChange }: { axis: CurveAxis; onChange(axis: CurveAxis): void }) {
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
