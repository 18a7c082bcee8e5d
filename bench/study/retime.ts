// Times the steps of a study again, using the curves in its stored results: its runs may be gone.
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Interruption } from '../../src/cli/terminal/interruption.ts';
import { UserError } from '../../src/errors.ts';
import { readJson } from '../../src/storage/jsonFile.ts';
import { machine } from '../shared/machine.ts';
import { timedRows } from './comparison.ts';
import { prepareData } from './prepareData.ts';
import type { StudyResults } from './results.ts';
import { configsOf } from './runs.ts';
import { timeSteps } from './stepTimes.ts';
import type { Study } from './studies.ts';

/**
 * The stored results of a study, compared with the step times measured now; null if there are none. bits/dim and sampling
 * times don't change.
 *
 * @throws UserError (`mismatch`) if the results belong to a study with other settings
 */
export async function retimed(
  folder: string,
  study: Study,
  interruption: Interruption,
): Promise<StudyResults | null> {
  const stored = readJson<StudyResults>(join(folder, `${study.name}.json`));
  if (stored === undefined) {
    return null;
  }
  if (!isDeepStrictEqual(stored.study, JSON.parse(JSON.stringify(study)))) {
    throw new UserError(
      'mismatch',
      `${folder}/${study.name}.json belongs to a study with other settings: run the study again, or restore its definition`,
    );
  }
  const compared = new Set(stored.comparisons.flatMap(({ rows }) => rows.map(({ variant }) => variant)));
  const configs = [...configsOf(study)].filter(([variant]) => compared.has(variant));
  const { imageShape } = await prepareData(study, interruption);
  const seconds = await timeSteps(
    `timing steps of ${study.name}`,
    configs.map(([, config]) => config),
    imageShape,
    interruption,
  );
  const secondsOf = new Map(configs.map(([variant], index) => [variant, seconds[index]!]));
  return {
    ...stored,
    retimed: { date: new Date().toISOString().slice(0, 10), machine: machine() },
    comparisons: stored.comparisons.map((comparison) => ({
      ...comparison,
      ...timedRows(
        comparison.rows,
        comparison.rows.map(({ variant }) => secondsOf.get(variant)!),
      ),
    })),
  };
}
