// The steps of studies whose runs have a training time in seconds.
import { join } from 'node:path';
import { machine } from '../shared/machine.ts';
import { readJson, writeJson } from './jsonFile.ts';
import { type Study, studyFolder } from './studies.ts';

/** The seconds per step of each variant, and where they were measured. */
interface Budget {
  readonly machine: string;
  readonly secondsPerStep: Readonly<Record<string, number>>;
}

/** The seconds per step from which steps are counted, of the variants measured so far. */
export function readBudget(root: string, study: Study): Budget['secondsPerStep'] {
  return readJson<Budget>(budgetPath(root, study))?.secondsPerStep ?? {};
}

/** The steps of a variant's runs; null until its budget has been measured. */
export function stepsOf(root: string, study: Study, variant: string): number | null {
  if (study.seconds === undefined) {
    return study.steps!;
  }
  const secondsPerStep = readBudget(root, study)[variant];
  return secondsPerStep === undefined ? null : Math.max(1, Math.round(study.seconds / secondsPerStep));
}

/** Adds measured seconds per step. */
export function addToBudget(root: string, study: Study, measured: Budget['secondsPerStep']): void {
  const secondsPerStep = { ...readBudget(root, study), ...measured };
  writeJson(budgetPath(root, study), { machine: machine(), secondsPerStep } satisfies Budget, 2);
}

function budgetPath(root: string, study: Study): string {
  return join(studyFolder(root, study), 'budget.json');
}
