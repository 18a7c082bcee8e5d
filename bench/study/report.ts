// The results of a study as tables for the terminal.
import { formatCount } from '../../src/app/cli/terminal/format.ts';
import { formatTable } from '../../src/app/cli/terminal/table.ts';
import type { ComparisonResult } from './comparison.ts';
import type { StudyResults } from './results.ts';
import { differFromZero, type SeedMean } from './statistics.ts';

const right = (title: string) => ({ title, align: 'right' as const });

/** A table for each comparison, and notes on the runs. */
export function reportText(results: StudyResults): string {
  const { study, runs, searches, failures, images } = results;
  const rolledBack = runs.flatMap(({ variant, seed, rollbacks }) => (rollbacks ? `${variant}-${seed}` : []));
  const rates = searches.map(
    ({ variant, chosen, atEdge }) => `${variant} ${chosen ?? 'none'}${atEdge ? ' (edge)' : ''}`,
  );
  const notes = [
    `learning rates: ${rates.join(', ')}`,
    ...(rolledBack.length > 0 ? [`rolled back to earlier weights: ${rolledBack.join(', ')}`] : []),
    ...failures.map(({ run, reason }) => `failed: ${run}: ${reason}`),
    '±: half the 95 % interval over seeds; *: significant at 5 % after Holm’s correction for the column',
  ];
  return [
    `${study.title}: ${formatCount(images.test)} test images`,
    ...results.comparisons.map((comparison) => comparisonText(results, comparison)),
    notes.join('\n'),
  ].join('\n\n');
}

/** The title and the table of a comparison. */
function comparisonText({ timings, bounds }: StudyResults, comparison: ComparisonResult): string {
  const { title, seeds, equalSeconds, rows } = comparison;
  if (rows.length === 0) {
    return `${title}: no seed is done with every model`;
  }
  const isMixed = new Set(rows.map(({ variant }) => bounds[variant])).size > 1;
  const significant = markSignificant(rows.map(({ difference }) => difference));
  const significantAtTime = markSignificant(
    rows.map(({ atEqualSeconds }) => atEqualSeconds?.difference ?? null),
  );
  const table = formatTable(
    [
      { title: 'MODEL' },
      right('PARAMETERS'),
      ...(isMixed ? [{ title: 'BOUND' }] : []),
      ...[right('TEST BITS/DIM'), right(`DIFFERENCE TO ${rows[0]!.variant}`)],
      right(equalSeconds === null ? 'AT EQUAL TIME' : `AT ${equalSeconds.toFixed(1)} S`),
      ...[right('S PER STEP'), right('MS PER SAMPLE')],
    ],
    rows.map((row) => [
      row.variant,
      formatCount(row.parameters),
      ...(isMixed ? [bounds[row.variant]!] : []),
      withInterval(row.test),
      significant(row.difference),
      row.atEqualSeconds === null ? 'not covered' : significantAtTime(row.atEqualSeconds.difference),
      row.secondsPerStep.toFixed(4),
      timings?.sampling.find(({ variant }) => variant === row.variant)?.milliseconds.toFixed(3) ?? '-',
    ]),
  );
  const warning = isMixed ? '; the bounds differ: a lower value may only mean a tighter bound' : '';
  return `${title} (seeds ${seeds.join(', ')}${warning})\n${table}`;
}

/** Formats the differences of a column, with a star where they are significant after Holm's correction. */
function markSignificant(column: readonly (SeedMean | null)[]): (difference: SeedMean | null) => string {
  const differences = column.filter((difference) => difference !== null);
  const differ = differFromZero(differences);
  const significant = new Set(differences.filter((_, index) => differ[index]));
  return (difference) =>
    difference === null ? '' : `${withInterval(difference, true)}${significant.has(difference) ? ' *' : ''}`;
}

/** `3.1234 ± 0.0100`: the 95 % interval over seeds. */
function withInterval({ mean, seedInterval }: SeedMean, signed = false): string {
  const interval = seedInterval === null ? '(one seed)' : `± ${seedInterval.toFixed(4)}`;
  return `${signed && mean > 0 ? '+' : ''}${mean.toFixed(4).replace('-', '−')} ${interval}`;
}
