// The room Runs: the runs in the folders of the server, live while they train.
import { unitNamed } from '../../../src/flows/models/unit.ts';
import { changeSettings, linkTo, settings } from '../../address.ts';
import { Notice } from '../../parts/Notice.tsx';
import { LearningCurves } from '../../parts/plot/LearningCurves.tsx';
import { RoomHead } from '../../parts/RoomHead.tsx';
import { readSettings } from '../../readSettings.ts';
import { RunDetail } from './RunDetail.tsx';
import { RunList } from './RunList.tsx';
import { listDifferences } from './runList.ts';
import { type RunsSettings, runsSettings, shownText } from './runsSettings.ts';
import { type FoundRun, useWatch } from './watch.ts';
import './runs.css';

/** The room. */
export function Runs() {
  const address = settings.value;
  const { runs, stopped, watched, problem } = useWatch(
    (latest) => looked(runsSettings(address, latest)),
    JSON.stringify(address),
  );
  const { open, shown } = runsSettings(address, runs);
  const chosen = shown.flatMap((path, hue) => {
    const run = runs?.find((candidate) => candidate.path === path);
    return run ? [{ run, hue }] : [];
  });
  const curves = chosen.flatMap(({ run, hue }) => {
    const curve = watched.get(run.path)?.curve;
    const unit = unitNamed(run.unit ?? 'bits/dim');
    return curve && curve.training.length + curve.validation.length > 0
      ? [{ name: run.path, hue, curve, unit }]
      : [];
  });
  const plotted = curves.filter(({ unit }) => unit === curves[0]!.unit);
  const opened = runs?.find(({ path }) => path === open);
  const missing = [...new Set([open ?? '', ...shown])].filter(
    (path) => path !== '' && !runs?.some((run) => run.path === path),
  );
  return (
    <div class="runs">
      <RoomHead
        title="Runs"
        unreadable={readSettings(address).unknown('run', 'shown')}
        share={() => ({
          settings: { ...address, ...(open !== undefined && { run: open }), shown: shownText(shown) },
        })}
      >
        The runs in the folders that this studio serves. Live runs update automatically.
      </RoomHead>
      <section class="runs-list-place" aria-label="All runs">
        {problem !== undefined && <Notice>{problem}</Notice>}
        {stopped !== null && <Notice>The studio {stopped}.</Notice>}
        {runs?.length === 0 && (
          <p class="runs-quiet">
            No runs yet. In a terminal, <code>emerging train --out runs/first</code> starts one. Runs of this
            browser are on <a href={linkTo('train')}>Train</a>.
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
        <LearningCurves
          runs={plotted}
          areComparable={new Set(chosen.map(({ run }) => run.data)).size === 1}
        />
        {plotted.length < curves.length && (
          <Notice>
            Only runs with results in {curves[0]!.unit.name} are plotted: the others can’t be compared with
            them.
          </Notice>
        )}
        <Differences runs={chosen.map(({ run }) => run)} />
        {runs && missing.map((path) => <Notice key={path}>Run “{path}” not found: choose another.</Notice>)}
        {opened && <RunDetail key={opened.path} run={opened} watched={watched.get(opened.path)} />}
      </section>
    </div>
  );
}

/** The runs whose logs to read. */
function looked({ open, shown }: RunsSettings): string[] {
  return [...shown, ...(open === undefined ? [] : [open])];
}

/** A table with a column for each run; nothing with fewer than two. */
function Differences({ runs }: { runs: readonly FoundRun[] }) {
  if (runs.length < 2) {
    return null;
  }
  const differences = listDifferences(runs);
  return (
    <details class="run-part">
      <summary>Differences in settings</summary>
      {differences.length === 0 ? (
        <p class="control-note">None: the runs have the same settings.</p>
      ) : (
        <div class="card-table">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: makes it scrollable with the keyboard. */}
          <table tabIndex={0} class="run-differences">
            <thead>
              <tr>
                <th scope="col">setting</th>
                {runs.map(({ path }) => (
                  <th key={path} scope="col">
                    {path}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {differences.map(({ setting, values }) => (
                <tr key={setting}>
                  <th scope="row">{setting}</th>
                  {values.map((value, index) => (
                    <td key={runs[index]!.path}>{value ?? 'not set'}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
