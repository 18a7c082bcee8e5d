// Sets damaged files of a run aside before it is trained.
import type { FileStore } from '../../storage/fileStore.ts';
import { mendLog } from '../../storage/logs.ts';
import { checkMetrics, checkTimings } from './logLines.ts';
import { runFileNames } from './runFileNames.ts';
import { ifDamaged, readStoredSummary } from './runSummary.ts';

/** Sets damaged logs and a damaged summary aside, keeping the lines before the damage; returns a line for each. */
export async function mendRun(files: FileStore): Promise<readonly string[]> {
  const { metrics, timings, summary } = runFileNames;
  const notes: string[] = [];
  for (const [log, check] of [
    [metrics, checkMetrics],
    [timings, checkTimings],
  ] as const) {
    const mended = await mendLog(files, log, check);
    if (mended !== undefined) {
      notes.push(
        `${mended.problem}; the log is kept as ${mended.aside}, and only its lines before that are used`,
      );
    }
  }
  const damage = await readStoredSummary(files).then(
    () => undefined,
    ifDamaged(({ message }) => message),
  );
  if (damage !== undefined) {
    const aside = files.pathOf(await files.setAside(summary));
    // Without the remedy at its end.
    notes.push(`${damage.replace(/; [^;]*$/, '')}; it is kept as ${aside}, and a new one is started`);
  }
  return notes;
}
