// The overviews of runs, kept until their files change.

import { lastWritten } from '../../data/files/index.node.ts';
import { type RunPaths, runPaths } from '../../runs/folder/index.ts';
import { configReader, type RunOverview, runOverview } from '../../training/reports/index.ts';

/** Reads the overview of the run in a folder. */
export type OverviewReader = (folder: string) => RunOverview;

/** Reads overviews, and reads a run again only if its files have changed. */
export function overviewReader(): OverviewReader {
  const configIn = configReader();
  const cache = new Map<string, { readonly stamp: string; readonly overview: RunOverview }>();
  return (folder) => {
    const stamp = fileTimes(runPaths(folder));
    const earlier = cache.get(folder);
    if (earlier?.stamp === stamp) {
      return earlier.overview;
    }
    const overview = runOverview(folder, configIn);
    cache.set(folder, { stamp, overview });
    return overview;
  };
}

/** When each file behind an overview was last written. */
function fileTimes({ config, metrics, timings, summary }: RunPaths): string {
  return [config, metrics, timings, summary].map((file) => lastWritten(file) ?? 0).join(' ');
}
