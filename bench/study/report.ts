// The report of a study: JSON, a table in Markdown and plots, in the folder of results.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { formatCount } from '../../src/cli/terminal/format.ts';
import { markdownTable } from '../../src/evaluation/reports/markdownTable.ts';
import { plotPng } from '../../src/pictures/drawPlot.ts';
import type { Plot } from '../../src/pictures/plot.ts';
import { writeFileAtomically } from '../../src/storage/files.ts';
import { writeJson } from '../../src/storage/jsonFile.ts';
import type { ComparisonResult, ComparisonRow } from './comparison.ts';
import { curvesPlot, densityRows, differencesPlot, samplingPlot } from './plots.ts';
import type { StudyResults } from './results.ts';
import { MARK, markedIfRolledBack, rollbackNote, rollbacksText } from './rollbacks.ts';
import { boundOfVariant } from './runs.ts';
import { differFromZero, type SeedMean } from './statistics.ts';
import { type Study, variantsOf } from './studies.ts';

/** The link to what explains the tables. */
export const COLUMNS = '[How to read the tables](README.md#how-to-read-the-tables).\n\n';

/**
 * Writes `NAME.json`, `NAME.md` and `NAME-….png`; returns the path of the table.
 *
 * @param studies the file of the study; by default a built-in one
 */
export async function writeReport(folder: string, results: StudyResults, studies?: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const { name } = results.study;
  const pictures: string[] = [];
  const draw = async (file: string, plot: Plot): Promise<void> => {
    writeFileAtomically(join(folder, file), await plotPng(plot));
    pictures.push(file);
  };
  const columns = existsSync(join(folder, 'README.md'))
    ? '[How to read the tables](README.md#how-to-read-the-tables).\n\n'
    : '';
  const text = await reportText(results, draw, { studies, columns });
  writeJson(join(folder, `${name}.json`), results, 1);
  const file = join(folder, `${name}.md`);
  writeFileAtomically(file, `${text.trimEnd()}\n`);
  return file;
}

/** The page of a study; `draw` makes its pictures. */
export async function reportText(
  results: StudyResults,
  draw: (file: string, plot: Plot) => Promise<void>,
  { studies, columns = '' }: { readonly studies?: string | undefined; readonly columns?: string },
): Promise<string> {
  const { name } = results.study;
  const sections: string[] = [];
  const show = async (file: string, text: string, plot: Plot | null): Promise<string> => {
    if (plot === null) {
      return '';
    }
    await draw(file, plot);
    return `![${text}](${file})\n\n`;
  };
  const bound = boundColumnOf(results.study);
  for (const [index, comparison] of results.comparisons.entries()) {
    sections.push(comparisonSection(results, comparison, bound));
    if (comparison.rows.length > 0) {
      const number = index + 1;
      const { variant } = comparison.rows[0]!;
      sections.push(
        await show(
          `${name}-curves-${number}.png`,
          'Validation bits/dim over training time',
          curvesPlot(results, comparison),
        ),
        await show(
          `${name}-differences-${number}.png`,
          `Differences to ${variant} by step`,
          differencesPlot(results, comparison),
        ),
      );
    }
  }
  const samplingPicture = await show(
    `${name}-sampling.png`,
    'Test bits/dim against sampling time',
    samplingPlot(results),
  );
  return [
    heading(results, studies),
    columns,
    ...sections,
    densitySection(results, bound, samplingPicture),
    searchSection(results),
    runsSection(results, bound),
  ].join('');
}

/** A column with the bound of each variant's bits/dim; none if the heading names one bound for all. */
interface BoundColumn {
  readonly title: readonly string[];
  cell(variant: string): readonly string[];
}

function boundColumnOf(study: Study): BoundColumn {
  return haveOneBound(study)
    ? { title: [], cell: () => [] }
    : { title: ['bound'], cell: (variant) => [boundOfVariant(study, variant)] };
}

function haveOneBound(study: Study): boolean {
  return new Set(variantsOf(study).map((variant) => boundOfVariant(study, variant))).size === 1;
}

/** The bound that bits/dim report, for the heading. */
function boundText(study: Study): string {
  return haveOneBound(study)
    ? `They report the bound with ${boundOfVariant(study, variantsOf(study)[0]!)} dequantisation noise.`
    : 'They report a bound, named in the column bound. A difference between two kinds of bound is not a difference in likelihood: ' +
        'one bound may be tighter.';
}

function heading(results: StudyResults, studies?: string): string {
  const { study, machine, retimed, images, comparisons } = results;
  const seeds = Math.min(...comparisons.map((comparison) => comparison.seeds.length));
  const missing = comparisons.filter((comparison) => comparison.seeds.length < study.seeds.length);
  const few = seeds < 3 ? ' With fewer than three seeds, the spread over seeds is almost unknown.' : '';
  const warning =
    missing.length === 0
      ? ''
      : `**Incomplete**: ${missing
          .map(
            (comparison) =>
              `${comparison.seeds.length} of ${study.seeds.length} seeds for "${comparison.title}"`,
          )
          .join(', ')}.${few}\n\n`;
  const command = `npx tsx bench/study.ts${studies === undefined ? '' : ` --studies ${studies}`} --only ${study.name}`;
  const times = retimed ? ` Steps timed on ${retimed.date} with \`--retime\`, on ${retimed.machine}.` : '';
  return (
    `# ${study.title}\n\n` +
    `Generated by \`${command}\` on ${machine}.${times}\n\n` +
    `${warning}` +
    `${formatCount(study.steps)} steps per run, preset \`${study.preset}\` with ` +
    `${study.changes.map((change) => `\`${change}\``).join(', ')}. Test bits/dim use all ${formatCount(images.test)} test ` +
    `images, the average weights of the last step, and two draws of noise, the same for all runs. ${boundText(study)} ` +
    `${rollbacksText(results)}\n\n`
  );
}

function comparisonSection(results: StudyResults, comparison: ComparisonResult, bound: BoundColumn): string {
  const { title, seeds, equalSeconds, rows } = comparison;
  if (rows.length === 0) {
    return `## ${title}\n\nNot run.\n\n`;
  }
  const first = rows[0]!.variant;
  const at = equalSeconds === null ? 'equal time' : seconds(equalSeconds);
  const titles = [
    'model',
    'parameters',
    ...bound.title,
    'test bits/dim ± seeds ± images',
    `difference to ${first} ± seeds ± images`,
    `validation bits/dim at ${at}`,
    `difference to ${first} at ${at} ± seeds`,
    's per step',
    'round trip: largest error, exact pixels',
  ];
  const cells = rows.map((row) => [
    markedIfRolledBack(results, comparison, row.variant),
    formatCount(row.parameters),
    ...bound.cell(row.variant),
    withErrors(row.test),
    row.difference === null ? '' : withErrors(row.difference, true),
    row.atEqualSeconds === null ? 'not covered' : row.atEqualSeconds.value.mean.toFixed(4),
    differenceThere(row),
    row.secondsPerStep.toFixed(4),
    `${row.roundTrip.largestError.toExponential(1)}, ${(100 * row.roundTrip.exactPixelShare).toFixed(3)} %`,
  ]);
  const notes = [significanceText(rows), rollbackNote(results, comparison)].filter((note) => note !== '');
  return [`## ${title}`, `Seeds: ${seeds.join(', ')}.`, markdownTable(titles, cells), ...notes]
    .map((block) => `${block}\n\n`)
    .join('');
}

/** Which differences to the first variant are significant; empty with one seed, or one variant. */
function significanceText(rows: readonly ComparisonRow[]): string {
  const at = (differenceOf: (row: ComparisonRow) => SeedMean | null | undefined): string | null => {
    const tested = rows.filter((row) => (differenceOf(row)?.seeds ?? 0) > 1);
    const differ = differFromZero(tested.map((row) => differenceOf(row)!));
    const names = tested.flatMap(({ variant }, index) => (differ[index] ? [`\`${variant}\``] : []));
    return tested.length === 0 ? null : names.length === 0 ? 'none' : names.join(', ');
  };
  const steps = at(({ difference }) => difference);
  const time = at(({ atEqualSeconds }) => atEqualSeconds?.difference);
  if (steps === null) {
    return '';
  }
  const correction = rows.length > 2 ? " after Holm's correction" : '';
  return `Differences significant at 5 %${correction}: ${steps} at equal steps; ${time ?? 'not compared'} at equal time.`;
}

function differenceThere({ atEqualSeconds }: ComparisonRow): string {
  const difference = atEqualSeconds?.difference;
  return difference == null ? '' : withErrors(difference, true);
}

/** `3.1234 ± 0.0100 ± 0.0020`: the 95 % interval over seeds, then the standard error over images. */
function withErrors({ mean, seedInterval, imageError }: SeedMean, signed = false): string {
  const parts = [
    `${signed && mean > 0 ? '+' : ''}${mean.toFixed(4)}`,
    seedInterval === null ? '± ? (one seed)' : `± ${seedInterval.toFixed(4)}`,
    imageError === null ? '' : `± ${imageError.toFixed(4)}`,
  ];
  return parts.join(' ').trim();
}

function seconds(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0)} s`;
}

function densitySection(results: StudyResults, bound: BoundColumn, picture: string): string {
  const rows = densityRows(results);
  if (rows.length === 0) {
    return '## Density against sampling time\n\nNot timed.\n\n';
  }
  const { batch, rounds } = results.sampling!;
  const cells = rows.map(({ variant, inverse, milliseconds, range, bitsPerDim }) => [
    variant,
    inverse,
    ...bound.cell(variant),
    bitsPerDim.toFixed(4),
    milliseconds.toFixed(3),
    range.map((each) => each.toFixed(3)).join(' to '),
  ]);
  const titles = ['model', 'inverse', ...bound.title, 'test bits/dim', 'ms per image', 'range'];
  return (
    '## Density against sampling time\n\n' +
    `Time to sample ${batch} images as 8-bit pixels, with the models of one seed, alternating in one process: medians and ` +
    `ranges of ${rounds} rounds. The inverse changes the time only.\n\n` +
    `${markdownTable(titles, cells)}\n\n${picture}`
  );
}

/** The learning rate chosen for each variant, and the rates whose runs diverged or rolled back. */
function searchSection({ study, searches }: StudyResults): string {
  const tried = searches.filter((search) => search.tried.length > 0);
  if (tried.length === 0) {
    return '';
  }
  const { rates, steps, seed } = study.search;
  const chosen = tried.map(
    ({ variant, chosen, atEdge }) =>
      `\`${variant}\` ${chosen === null ? 'none' : `${chosen}${atEdge ? ' (edge of the grid)' : ''}`}`,
  );
  type Tried = (typeof tried)[number]['tried'][number];
  const listOf = (label: string, has: (one: Tried) => boolean): string => {
    const found = tried.flatMap(({ variant, tried }) =>
      tried.filter(has).map(({ rate }) => `\`${variant}\` at ${rate}`),
    );
    return found.length === 0 ? '' : ` ${label}: ${found.join(', ')}.`;
  };
  return (
    '## Learning rates\n\n' +
    `Chosen from ${rates.join(', ')} by validation bits/dim after ${formatCount(steps)} steps with seed ${seed}, used only ` +
    `for this search: ${chosen.join(', ')}.${listOf('Diverged', ({ failure }) => failure !== undefined)}` +
    `${listOf('Rolled back', ({ rollbacks = 0 }) => rollbacks > 0)} All values are in \`${study.name}.json\`.\n\n`
  );
}

/** Test bits/dim of every run, by variant and seed, and the runs that failed. */
function runsSection({ study, runs, failures }: StudyResults, bound: BoundColumn): string {
  const cells = variantsOf(study)
    .map((variant) => [variant, runs.filter((run) => run.variant === variant)] as const)
    .filter(([, own]) => own.length > 0)
    .map(([variant, own]) => [
      variant,
      ...bound.cell(variant),
      ...study.seeds.map((seed) => {
        const run = own.find((one) => one.seed === seed);
        return run === undefined
          ? 'not run'
          : `${run.testBitsPerDim.toFixed(4)}${(run.rollbacks ?? 0) > 0 ? ` ${MARK}` : ''}`;
      }),
    ]);
  const titles = ['model', ...bound.title, ...study.seeds.map((seed) => `seed ${seed}`)];
  const failed = failures.map(({ run, reason }) => `- \`${run}\` failed: ${reason}\n`).join('');
  return (
    `## Runs\n\nTest bits/dim of the runs \`${dirname(runs[0]!.run)}/MODEL-SEED\`.\n\n` +
    `${markdownTable(titles, cells)}\n${failed === '' ? '' : `\n${failed}`}`
  );
}
