// Runs a study in a folder.
import { option, phrase, UserError } from '../../core/errors.ts';
import { requireArgument } from '../../core/numeric/index.ts';
import { exists, makeFolders, pathIn, requireNewFolder } from '../../data/files/index.node.ts';
import { parseStudy, type Study, type StudyDefinition } from './definition.ts';
import { openStudied, type StudiedDataset } from './images.ts';
import type { StudyReport } from './report.ts';
import { type StudyEvents, StudyWork } from './studyWork.ts';
import { type StudyEngine, writeJson } from './training.ts';

/** How a study is run. */
export interface StudyOptions extends StudyEngine {
  /** Whether the folder's study continues: finished trainings are kept; a stopped one resumes. Default false. */
  readonly resume?: boolean | undefined;
  /** Callbacks during the study. */
  readonly events?: StudyEvents | undefined;
}

/** The file that marks the folder of a study. */
const STUDY_FILE = 'study.json';

/**
 * Runs a study in a folder and writes its report there: `report.md`, `report.json`, `report.csv` and plots. Learning rates
 * are chosen on validation images; test images are measured once, after every training. The signal stops it after the
 * current step; with `resume`, the same call continues, and its trainings are the same as without the stop.
 *
 * @returns the report; null if the signal stopped the study
 * @throws UserError if the definition is wrong, the images don't fit, or the folder holds a study and `resume` isn't set
 * @example
 * ```ts
 * import { runStudy } from 'emerging-flows/training';
 *
 * const report = await runStudy(
 *   {
 *     base: { preset: 'mnist-quickstart', training: { steps: 400, warmupSteps: 40 } },
 *     seeds: [0, 1, 2],
 *     grid: { 'model.mixing': ['1x1', 'emerging'] },
 *   },
 *   'studies/mixings',
 * );
 * ```
 */
export async function runStudy(
  definition: StudyDefinition,
  folder: string,
  options: StudyOptions = {},
): Promise<StudyReport | null> {
  requireArgument(
    typeof folder === 'string' && folder !== '',
    "runStudy needs a folder, such as 'studies/mixings'",
  );
  const study = parseStudy(definition);
  const datasets: StudiedDataset[] = [];
  for (const dataset of study.datasets) {
    datasets.push(await openStudied(study, dataset));
  }
  const { resume = false, events = {}, ...engine } = options;
  openFolder(folder, study, resume);
  const { signal } = engine;
  const report = await new StudyWork(study, datasets, folder, engine, events).report().catch((error) => {
    if (signal?.aborted && error === signal.reason) {
      return null;
    }
    throw error;
  });
  // Only now: a resume is refused if its definition doesn't fit the folder's trainings.
  writeDefinition(folder, study);
  return report;
}

/** Creates the folder, or checks that it holds a study to continue. */
function openFolder(folder: string, study: Study, resume: boolean): void {
  const file = pathIn(folder, STUDY_FILE);
  if (resume && !exists(file)) {
    throw new UserError(
      'not-found',
      phrase`${folder} holds no study to continue: omit ${option('resume', true)}`,
    );
  }
  if (!resume && exists(file)) {
    throw new UserError(
      'exists',
      phrase`${folder} already holds a study: choose another folder, or continue it with ${option('resume', true)}`,
    );
  }
  if (!resume) {
    requireNewFolder(folder);
    makeFolders(folder);
    writeDefinition(folder, study);
  }
}

function writeDefinition(folder: string, { definition }: Study): void {
  writeJson(pathIn(folder, STUDY_FILE), definition, 2);
}
