// The room Runs: the runs in the folders of the server, live while they train.

import { useState } from 'preact/hooks';
import { changeSettings, settings } from '../../address.ts';
import { Notice } from '../../parts/Notice.tsx';
import { AxisChoice } from '../../parts/plot/AxisChoice.tsx';
import { type CurveAxis, curveMarks, curveSeries } from '../../parts/plot/curveSeries.ts';
import { Plot } from '../../parts/plot/Plot.tsx';
import { RunDetail } from './RunDetail.tsx';
import { RunList } from './RunList.tsx';
import { type RunsSettings, runsSettings, shownText } from './runsSettings.ts';
import { useWatch } from './watch.ts';
import './runs.css';

/** The room. */
export function Runs() {
  const [axis, setAxis] = useState<CurveAxis>('steps');
  const address = settings.value;
  const { runs, watched, problem } = useWatch(
    (found) => looked(runsSettings(address, found)),
    JSON.stringify(address),
  );
  const { open, shown } = runsSettings(address, runs);
  const plotted = shown.flatMap((path, hue) => {
    const curve = watched.get(path)?.curve;
    return curve && curve.training.length + curve.validation.length > 0 ? [{ name: path, hue, curve }] : [];
  });
  const opened = runs?.find(({ path }) => path === open);
  return (
    <div class="runs">
      <header class="runs-intro">
        <h1>Runs</h1>
        <p>The runs in the folders that this studio serves. Those that train are followed as they go.</p>
      </header>
      <section class="runs-list-place" aria-label="All runs">
        {problem !== undefined && <Notice>{problem}</Notice>}
        {runs?.length === 0 && (
          <p class="runs-quiet">
            No run yet: “emerging train --out runs/first” starts one, and it appears here.
          </p>
        )}
        <RunList
          runs={runs ?? []}
          open={open}
          shown={shown}
          onOpen={(path) => changeSettings({ run: path })}
          onShow={(chosen) => changeSettings({ shown: shownText(chosen) })}
        />
      </section>
      <section class="runs-main" aria-label="Curves and details">
        {plotted.length > 0 && (
          <div>
            <AxisChoice axis={axis} onChange={setAxis} />
            <Plot
              label={`Learning curves of ${plotted.map(({ name }) => name).join(', ')}`}
              series={curveSeries(plotted, axis)}
              marks={curveMarks(plotted, axis)}
              xLabel={axis === 'steps' ? 'steps' : 'seconds of training'}
              yLabel="bits/dim"
            />
          </div>
        )}
        {runs && open !== undefined && opened === undefined && (
          <Notice>There is no run “{open}” in the folders of this studio.</Notice>
        )}
        {opened && <RunDetail key={opened.path} run={opened} watched={watched.get(opened.path)} />}
      </section>
    </div>
  );
}

/** The runs whose logs are read. */
function looked({ open, shown }: RunsSettings): string[] {
  return [...shown, ...(open === undefined ? [] : [open])];
}
