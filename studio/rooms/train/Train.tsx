// The room Train: a model, or two that race, trained in this page.
import { useEffect, useState } from 'preact/hooks';
import { settings } from '../../address.ts';
import { Notice } from '../../parts/Notice.tsx';
import { AxisChoice } from '../../parts/plot/AxisChoice.tsx';
import { type CurveAxis, curveMarks, curveSeries } from '../../parts/plot/curveSeries.ts';
import { Plot } from '../../parts/plot/Plot.tsx';
import { Setup } from './Setup.tsx';
import { TrainingCard } from './TrainingCard.tsx';
import { changes, findKept, storageProblem, trainings } from './trainings.ts';
import { trainSettings } from './trainSettings.ts';
import './train.css';

/** The room. */
export function Train() {
  const [axis, setAxis] = useState<CurveAxis>('steps');
  useEffect(() => {
    findKept();
  }, []);
  // The runs change in place.
  changes.value;
  const runs = trainings.value;
  const shown = runs.filter(({ isShown, curve }) => isShown && curve.training.length > 0);
  return (
    <div class="train">
      <header class="train-intro">
        <h1>Train</h1>
        <p>
          A flow learns here, in this browser, to give images a high likelihood: few bits/dim. Let two models
          race on the same images and see which one needs fewer. Nothing is sent anywhere.
        </p>
      </header>
      <Setup settings={trainSettings(settings.value)} />
      <section class="train-runs" aria-label="Runs in this browser">
        {storageProblem.value !== undefined && <Notice>{storageProblem.value}</Notice>}
        {shown.length > 0 && (
          <div class="train-plot">
            <AxisChoice axis={axis} onChange={setAxis} />
            <Plot
              label={`Learning curves of ${shown.map(({ name }) => name).join(', ')}`}
              series={curveSeries(shown, axis)}
              marks={curveMarks(shown, axis)}
              xLabel={axis === 'steps' ? 'steps' : 'seconds of training'}
              yLabel="bits/dim"
            />
          </div>
        )}
        {runs.length === 0 && (
          <div class="train-blank">
            <p>No run yet. Start one: its curve appears here, and samples at every fifth of the way.</p>
          </div>
        )}
        <ul class="train-list">
          {runs.toReversed().map((run) => (
            <li key={run.name}>
              <TrainingCard run={run} settings={trainSettings(settings.value)} />
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
