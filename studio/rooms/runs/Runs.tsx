// The room Runs: the runs in the folders of the server, live while they train.
import { changeSettings, settings } from '../../address.ts';
import { Notice } from '../../parts/Notice.tsx';
import { LearningCurves } from '../../parts/plot/LearningCurves.tsx';
import { RoomHead } from '../../parts/RoomHead.tsx';
import { RunDetail } from './RunDetail.tsx';
import { RunList } from './RunList.tsx';
import { type RunsSettings, runsSettings, shownText } from './runsSettings.ts';
import { useWatch } from './watch.ts';
import './runs.css';

/** The room. */
export function Runs() {
  const address = settings.value;
  const { runs, stopped, watched, problem } = useWatch(
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
      <RoomHead title="Runs">
        The runs in the folders that this studio serves. Live runs update automatically.
      </RoomHead>
      <section class="runs-list-place" aria-label="All runs">
        {problem !== undefined && <Notice>{problem}</Notice>}
        {stopped !== null && <Notice>The studio {stopped}.</Notice>}
        {runs?.length === 0 && (
          <p class="runs-quiet">No runs yet. Start one with “emerging train --out runs/first”.</p>
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
        <LearningCurves runs={plotted} />
        {runs && open !== undefined && opened === undefined && (
          <Notice>Run “{open}” not found: choose another.</Notice>
        )}
        {opened && <RunDetail key={opened.path} run={opened} watched={watched.get(opened.path)} />}
      </section>
    </div>
  );
}

/** The runs whose logs to read. */
function looked({ open, shown }: RunsSettings): string[] {
  return [...shown, ...(open === undefined ? [] : [open])];
}
