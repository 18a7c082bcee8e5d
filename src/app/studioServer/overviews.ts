// The overviews of runs, kept until their files change.

import { lastWritten } from '../../data/files/files.ts';
import { type RunPaths, runPaths } from '../../runs/folder/runFolder.ts';
import { configReader, type RunOverview, runOverview } from '../../training/reports/runOverview.ts';

/** Reads the overview of the run in a folder. */
export type OverviewReader = (folder: string) => RunOverview;

/** Reads overviews, and reads a run again only if its files have changed. */
export function overviewReader(): OverviewReader {
  const configIn = configReader();
  const known = new Map<string, { readonly stamp: string; readonly overview: RunOverview }>();
  return (folder) => {
    const stamp = stampOf(runPaths(folder));
    const earlier = known.get(folder);
    if (earlier?.stamp === stamp) {
      return earlier.overview;
    }
    const overview = runOverview(folder, configIn);
    known.set(folder, { stamp, overview });
    return overview;
  };
}

/** When each file behind an overview was last written. */
function stampOf({ config, metrics, timings, summary }: RunPaths): string {
  return [config, metrics, timings, summary].map((file) => lastWritten(file) ?? 0).join(' ');
}
