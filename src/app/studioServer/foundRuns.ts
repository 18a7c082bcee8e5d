// The current list of runs in a studio's folders.
import { basename } from 'node:path';
import { problemText } from '../../core/errors.ts';
import { exists, listFolder } from '../../data/files/index.node.ts';
import { checkpointFile, runFileNames } from '../../runs/contents/index.ts';
import { isRunFolder, type RunPaths, runFiles, runPaths, savedSteps } from '../../runs/folder/index.ts';
import { unknownProgress } from '../../training/reports/index.ts';
import type { FoundRun } from './foundRun.ts';
import { requireOwnFiles } from './offeredModels.ts';
import type { OverviewReader } from './overviews.ts';
import type { Place } from './place.ts';

/** The most sheets of samples listed per run; training draws five. */
const MOST_SAMPLES = 100;

/** The runs in these places. An error in one becomes its `problem` and doesn't affect the others. */
export function foundRuns(places: readonly Place[], overviewOf: OverviewReader): FoundRun[] {
  return places.filter(({ folder }) => isRunFolder(folder)).map((folder) => found(folder, overviewOf));
}

function found({ path, folder }: Place, overviewOf: OverviewReader): FoundRun {
  const paths = runPaths(folder);
  try {
    requireOwnFiles(folder);
    const { run: _, settings, ...overview } = overviewOf(folder);
    const last = savedSteps(paths).at(-1);
    const files = last === undefined ? [] : [runFileNames.config, checkpointFile(last)];
    return {
      path,
      ...overview,
      files,
      samples: samplesIn(paths),
      isTraining: runFiles(paths).isLocked(),
      texts: [paths.card, paths.summary].filter(exists).map((file) => basename(file)),
      settings: Object.fromEntries(
        Object.entries(settings).map(([key, value]) => [
          key,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      ),
    };
  } catch (error) {
    return {
      ...unknownProgress,
      path,
      files: [],
      samples: [],
      isTraining: false,
      texts: [],
      settings: {},
      problem: problemText(error),
    };
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
