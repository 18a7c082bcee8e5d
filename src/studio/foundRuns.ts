// The runs among the folders of a studio, as they are at this moment.
import { UserError } from '../errors.ts';
import { type RunOverview, runOverview } from '../evaluation/runs/runOverview.ts';
import { unknownProgress } from '../evaluation/runs/runProgress.ts';
import { exists, lastWritten } from '../storage/files.ts';
import { listFolder, pathFrom } from '../storage/folders.ts';
import { isRunFolder, listCheckpoints, type RunPaths, runPaths } from '../training/folder/runFolder.ts';
import type { FoundRun } from './foundRun.ts';
import { requireOwnFiles } from './offeredModels.ts';
import type { Place } from './shelf.ts';

/** The most sheets of samples that are named of a run: training draws five. */
const MOST_SAMPLES = 100;

/** Finds runs; what was read of one whose files have not changed since is not read again. */
export function runFinder(): (places: readonly Place[]) => FoundRun[] {
  const known = new Map<string, { readonly stamp: string; readonly overview: RunOverview }>();
  const overviewOf = (paths: RunPaths): RunOverview => {
    const stamp = stampOf(paths);
    const earlier = known.get(paths.directory);
    if (earlier?.stamp === stamp) {
      return earlier.overview;
    }
    const overview = runOverview(paths.directory);
    known.set(paths.directory, { stamp, overview });
    return overview;
  };
  return (places) =>
    places.filter(({ folder }) => isRunFolder(folder)).map((place) => found(place, overviewOf));
}

function found({ path, folder }: Place, overviewOf: (paths: RunPaths) => RunOverview): FoundRun {
  const paths = runPaths(folder);
  try {
    requireOwnFiles(folder);
    const { run: _, ...overview } = overviewOf(paths);
    const last = listCheckpoints(paths).at(-1);
    const files = last === undefined ? [] : [paths.config, last.path].map((file) => pathFrom(folder, file));
    return { path, ...overview, files, samples: samplesIn(paths) };
  } catch (error) {
    if (error instanceof UserError) {
      return { ...unknownProgress, path, files: [], samples: [], problem: error.message };
    }
    throw error;
  }
}

function samplesIn({ samples }: RunPaths): string[] {
  return exists(samples)
    ? listFolder(samples)
        .filter((name) => /^step-\d{8,}\.png$/.test(name))
        .slice(-MOST_SAMPLES)
        .map((name) => `samples/${name}`)
    : [];
}

/** When each of the files was written that an overview is read from. */
function stampOf({ config, metrics, timings, summary }: RunPaths): string {
  return [config, metrics, timings, summary].map((file) => lastWritten(file) ?? 0).join(' ');
}
