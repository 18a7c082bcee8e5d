// The table of a comparison on the page of a study.
import { formatCount } from '../../src/cli/terminal/format.ts';
import { markdownTable } from '../../src/evaluation/reports/markdownTable.ts';
import type { ComparisonResult } from './comparison.ts';
import type { StudyResults } from './results.ts';
import { markedIfRolledBack, rollbackNote } from './rollbacks.ts';
import { boundOfVariant } from './runs.ts';
import { differFromZero, type SeedMean } from './statistics.ts';

const MIXED_BOUNDS =
  'The bounds differ: a lower value may only mean a tighter bound, not a higher likelihood.';

/** The heading and table of a comparison, with a note on rollbacks. */
export function comparisonSection(results: StudyResults, comparison: ComparisonResult): string {
  const { study } = results;
  const { title, seeds, equalSeconds, rows } = comparison;
  if (rows.length === 0) {
    return `## ${title}\n\nNot run.\n\n`;
  }
  const bounds = rows.map(({ variant }) => boundOfVariant(study, variant));
  const isMixed = new Set(bounds).size > 1;
  const titles = [
    'model',
    'parameters',
    ...(isMixed ? ['bound'] : []),
    'test bits/dim',
    `difference to ${rows[0]!.variant}`,
    equalSeconds === null ? 'at equal time' : `at ${seconds(equalSeconds)}`,
    's per step',
    'ms per sample',
  ];
  const bold = boldIfSignificant(rows.map(({ difference }) => difference));
  const boldAtTime = boldIfSignificant(rows.map(({ atEqualSeconds }) => atEqualSeconds?.difference ?? null));
  const cells = rows.map((row, index) => [
    markedIfRolledBack(results, comparison, row.variant),
    formatCount(row.parameters),
    ...(isMixed ? [bounds[index]!] : []),
    withInterval(row.test),
    bold(row.difference),
    row.atEqualSeconds === null ? 'not covered' : boldAtTime(row.atEqualSeconds.difference),
    row.secondsPerStep.toFixed(4),
    samplingCell(results, row.variant),
  ]);
  const about = `Seeds: ${seeds.join(', ')}. ${isMixed ? MIXED_BOUNDS : `Bound: ${bounds[0]}.`}`;
  return [`## ${title}`, about, markdownTable(titles, cells), rollbackNote(results, comparison)]
    .filter((block) => block !== '')
    .map((block) => `${block}\n\n`)
    .join('');
}

/** Formats the differences of a column, in bold where they are significant after Holm's correction. */
function boldIfSignificant(column: readonly (SeedMean | null)[]): (difference: SeedMean | null) => string {
  const given = column.filter((one) => one !== null);
  const differ = differFromZero(given);
  const significant = new Set(given.filter((_, index) => differ[index]));
  return (difference) => {
    if (difference === null) {
      return '';
    }
    const text = withInterval(difference, true);
    return significant.has(difference) ? `**${text}**` : text;
  };
}

/** `3.1234 ± 0.0100`: the 95 % interval over seeds. */
function withInterval({ mean, seedInterval }: SeedMean, signed = false): string {
  const interval = seedInterval === null ? '(one seed)' : `± ${seedInterval.toFixed(4)}`;
  return `${signed && mean > 0 ? '+' : ''}${mean.toFixed(4).replace('-', '−')} ${interval}`;
}

function seconds(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0)} s`;
}

/** The time to sample an image with the variant's own inverse, which is timed first. */
function samplingCell({ sampling }: StudyResults, name: string): string {
  const time = sampling?.times.find(({ variant }) => variant === name);
  return time === undefined
    ? 'not timed'
    : `${time.milliseconds.toFixed(3)} (${time.range.map((each) => each.toFixed(3)).join(' to ')})`;
}
