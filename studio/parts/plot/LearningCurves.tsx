// The learning curves of runs on one plot, at equal steps or seconds.
import { useState } from 'preact/hooks';
import { AxisChoice } from './AxisChoice.tsx';
import { type CurveAxis, curveMarks, type PlottedRun, runsPlot } from './curveSeries.ts';
import { Plot } from './Plot.tsx';

/** The plot, and the choice of its axis; nothing without runs. */
export function LearningCurves({ runs }: { runs: readonly PlottedRun[] }) {
  const [axis, setAxis] = useState<CurveAxis>('steps');
  if (runs.length === 0) {
    return null;
  }
  return (
    <div class="learning-curves">
      <AxisChoice axis={axis} onChange={setAxis} />
      <Plot
        label={`Learning curves of ${runs.map(({ name }) => name).join(', ')}`}
        plot={runsPlot(runs, axis)}
        marks={curveMarks(runs, axis)}
      />
    </div>
  );
}
