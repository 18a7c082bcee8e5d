// Studies and plans as tables for the terminal.
import { formatCount, formatDuration } from '../../src/cli/terminal/format.ts';
import { formatTable } from '../../src/cli/terminal/table.ts';
import { isDone, type PlannedUnit, plannedSeconds, runsOf, unitsOf } from './plan.ts';
import { aboutData } from './prepareData.ts';
import { type Study, variantsOf } from './studies.ts';

/** A plan as a table, with its total seconds. */
export function planText(plan: readonly PlannedUnit[]): string {
  const rows = plan.map(({ unit, runs, seconds, status }) => [
    unit.study.name,
    unit.variants.join(', '),
    String(unit.seed),
    String(runs),
    runs === 0 ? '' : formatDuration(seconds),
    status,
  ]);
  const columns = ['STUDY', 'VARIANTS', 'SEED', 'RUNS LEFT', 'ESTIMATED', 'PLAN'].map((title) => ({ title }));
  return `${formatTable(columns, rows)}\n${formatDuration(plannedSeconds(plan))} in total, at measured speeds`;
}

/** Studies as a table: what they compare, and their progress. */
export function listText(studies: readonly Study[], root: string): string {
  const rows = studies.map((study) => {
    const runs = new Map(
      unitsOf([study])
        .flatMap((unit) => runsOf(unit, root))
        .map((each) => [each.directory, each]),
    );
    const done = [...runs.values()].filter(isDone).length;
    return [
      study.name,
      variantsOf(study).join(', '),
      study.steps === undefined ? `${formatDuration(study.seconds!)} each` : formatCount(study.steps),
      String(study.seeds.length),
      `${done} of ${runs.size}`,
      aboutData(study),
    ];
  });
  const columns = ['STUDY', 'VARIANTS', 'STEPS', 'SEEDS', 'RUNS DONE, WITH SEARCHES', 'IMAGES'].map(
    (title) => ({ title }),
  );
  return formatTable(columns, rows);
}
