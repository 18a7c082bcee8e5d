// Marks models in the tables of a study whose training rolled back.
import { formatCounted } from '../../src/cli/terminal/format.ts';
import type { ComparisonResult } from './comparison.ts';
import type { StudyResults } from './results.ts';

/** The mark of runs that rolled back. */
const MARK = '†';

/** A sentence for the heading of a study: whether rollbacks were recorded, and whether there were any. */
export function rollbacksText({ runs }: StudyResults): string {
  const recorded = runs.filter(({ rollbacks }) => rollbacks !== undefined);
  if (recorded.length === 0) {
    return 'Rollbacks were not recorded.';
  }
  const rolledBack = recorded.filter(({ rollbacks }) => rollbacks! > 0).length;
  const found =
    rolledBack === 0 ? 'No run rolled back' : `${formatCounted(rolledBack, 'run')} rolled back (${MARK})`;
  const unknown = runs.length - recorded.length;
  return unknown === 0
    ? `${found}.`
    : `${found}; for ${formatCounted(unknown, 'run')}, rollbacks were not recorded.`;
}

/** The name of a variant, marked if any of its runs in the comparison rolled back. */
export function markedIfRolledBack(
  results: StudyResults,
  comparison: ComparisonResult,
  variant: string,
): string {
  return rolledBackRuns(results, comparison).some((run) => run.variant === variant)
    ? `${variant} ${MARK}`
    : variant;
}

/** The line below the table of a comparison that names the runs that rolled back; empty if there are none. */
export function rollbackNote(results: StudyResults, comparison: ComparisonResult): string {
  const runs = rolledBackRuns(results, comparison);
  const names = runs.map(({ variant, seed }) => `\`${variant}-${seed}\``).join(', ');
  return runs.length === 0
    ? ''
    : `${MARK} Includes runs that rolled back to earlier weights and continued at a lower learning rate: ${names}.`;
}

function rolledBackRuns({ runs }: StudyResults, { seeds, rows }: ComparisonResult): StudyResults['runs'] {
  return runs.filter(
    ({ variant, seed, rollbacks = 0 }) =>
      rollbacks > 0 && seeds.includes(seed) && rows.some((row) => row.variant === variant),
  );
}
