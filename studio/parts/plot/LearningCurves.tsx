// The learning curves of several runs in one plot, by step or training time.
import { useState } from 'preact/hooks';
import { AxisChoice } from './AxisChoice.tsx';
import { type CurveAxis, curveMarks, type PlottedRun, runsPlot } from './curveSeries.ts';
import { Plot } from './Plot.tsx';

/** The plot and the choice of its x axis; nothing without runs. */
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
