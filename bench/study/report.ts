// The report of a study: JSON, a table in Markdown and plots, in the folder of results.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatCount, formatCounted } from '../../src/cli/terminal/format.ts';
import { markdownTable } from '../../src/evaluation/reports/markdownTable.ts';
import { plotPng } from '../../src/pictures/drawPlot.ts';
import type { Plot } from '../../src/pictures/plot.ts';
import { writeFileAtomically } from '../../src/storage/files.ts';
import { writeJson } from '../../src/storage/jsonFile.ts';
import type { ComparisonResult, ComparisonRow } from './comparison.ts';
import { curvesPlot, densityRows, differencesPlot, samplingPlot } from './plots.ts';
import type { StudyResults } from './results.ts';
import { boundOfVariant } from './runs.ts';
import type { SeedMean } from './statistics.ts';
import { type Study, variantsOf } from './studies.ts';

/**
 * Writes `NAME.json`, `NAME.md` and `NAME-….png`; returns the path of the table.
 *
 * @param studies the file of the study; by default a built-in one
 */
export async function writeReport(folder: string, results: StudyResults, studies?: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const { name } = results.study;
  const pictures: string[] = [];
  const draw = async (file: string, plot: Plot | null): Promise<string> => {
    if (plot === null) {
      return '';
    }
    writeFileAtomically(join(folder, file), await plotPng(plot));
    pictures.push(file);
    return `![${plot.title}: ${plot.subtitle}](${file})\n\n`;
  };
  const columns = existsSync(join(folder, 'README.md')) ? '[What the columns mean](README.md).\n\n' : '';
  const text = await reportText(results, draw, { studies, columns });
  writeJson(join(folder, `${name}.json`), results, 1);
  const file = join(folder, `${name}.md`);
  writeFileAtomically(file, `${text.trimEnd()}\n`);
  return file;
}

/** The page of a study; `draw` makes a picture and returns the line that shows it. */
export async function reportText(
  results: StudyResults,
  draw: (file: string, plot: Plot | null) => Promise<string>,
  { studies, columns = '' }: { readonly studies?: string | undefined; readonly columns?: string },
): Promise<string> {
  const { name } = results.study;
  const sections: string[] = [];
  const bound = boundColumnOf(results.study);
  for (const [index, comparison] of results.comparisons.entries()) {
    sections.push(comparisonSection(comparison, bound));
    if (comparison.rows.length > 0) {
      sections.push(await draw(`${name}-curves-${index + 1}.png`, curvesPlot(results, comparison)));
      sections.push(await draw(`${name}-differences-${index + 1}.png`, differencesPlot(results, comparison)));
    }
  }
  const samplingPicture = await draw(`${name}-sampling.png`, samplingPlot(results));
  return [
    heading(results, studies),
    columns,
    ...sections,
    densitySection(results, bound, samplingPicture),
    searchSection(results, bound),
    runsSection(results, bound),
  ].join('');
}

/** A column of tables that says which bound bits/dim are, by variant; none if the heading says it of all. */
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

/** What bits/dim are, for the heading. */
function boundText(study: Study): string {
  return haveOneBound(study)
    ? `They are the bound of ${boundOfVariant(study, variantsOf(study)[0]!)} dequantisation noise.`
    : 'They are bounds, each with the noise of its own model: the column bound says which. The true bits/dim are no higher, ' +
        'and a difference between two kinds is one of bounds.';
}

function heading({ study, machine, retimed, images, comparisons }: StudyResults, studies?: string): string {
  const seeds = Math.min(...comparisons.map((comparison) => comparison.seeds.length));
  const missing = comparisons.filter((comparison) => comparison.seeds.length < study.seeds.length);
  const few = seeds < 3 ? ' Fewer than three seeds say almost nothing about the spread over seeds.' : '';
  const warning =
    missing.length === 0
      ? ''
      : `**Not complete**: ${missing
          .map(
            (comparison) =>
              `${comparison.seeds.length} of ${study.seeds.length} seeds of "${comparison.title}" are done`,
          )
          .join(', ')}.${few}\n\n`;
  const command = `npx tsx bench/study.ts${studies === undefined ? '' : ` --studies ${studies}`} --only ${study.name}`;
  const times = retimed
    ? ` The steps were timed later, by the same command with \`--retime\`, on ${retimed.date} on ${retimed.machine}; bits/dim and the ` +
      'times of samples are those of the runs.'
    : '';
  return (
    `# ${study.title}\n\n` +
    `Generated by \`${command}\` on ${machine}.${times}\n\n` +
    `${warning}` +
    `${formatCount(study.steps)} steps per run, preset \`${study.preset}\` with ` +
    `${study.changes.map((change) => `\`${change}\``).join(', ')}. bits/dim are measured on all ${formatCount(images.test)} test ` +
    `images with the average weights of the last step and two draws of noise, the same for all runs. ${boundText(study)}\n\n`
  );
}

function comparisonSection(
  { title, seeds, equalSeconds, rows }: ComparisonResult,
  bound: BoundColumn,
): string {
  if (rows.length === 0) {
    return `## ${title}\n\nNot run.\n\n`;
  }
  const first = rows[0]!.variant;
  const titles = [
    'model',
    'parameters',
    ...bound.title,
    'test bits/dim ± seeds (95 %) ± images (standard error)',
    `difference to ${first} ± seeds ± images`,
    `at ${seconds(equalSeconds)}: validation bits/dim`,
    `difference to ${first} there ± seeds`,
    's per step',
    'round trip: largest error, exact pixels',
  ];
  const cells = rows.map((row) => [
    row.variant,
    formatCount(row.parameters),
    ...bound.cell(row.variant),
    withErrors(row.test),
    row.difference === null ? '' : withErrors(row.difference, true),
    row.atEqualSeconds === null ? 'not covered' : row.atEqualSeconds.value.mean.toFixed(4),
    differenceThere(row),
    row.secondsPerStep.toFixed(4),
    `${row.roundTrip.largestError.toExponential(1)}, ${(100 * row.roundTrip.exactPixelShare).toFixed(3)} %`,
  ]);
  return `## ${title}\n\n${formatCounted(seeds.length, 'seed')}: ${seeds.join(', ')}.\n\n${markdownTable(titles, cells)}\n\n`;
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

function seconds(value: number | null): string {
  return value === null ? 'equal seconds' : `${value.toFixed(value < 100 ? 1 : 0)} s of training`;
}

function densitySection(results: StudyResults, bound: BoundColumn, picture: string): string {
  const rows = densityRows(results);
  if (rows.length === 0) {
    return '## Density against sampling time\n\nNot timed.\n\n';
  }
  const { batch, rounds } = results.sampling!;
  const cells = rows.map(({ variant, inverse, milliseconds, range, bitsPerDim, seeds }) => [
    variant,
    inverse,
    ...bound.cell(variant),
    bitsPerDim.toFixed(4),
    String(seeds),
    milliseconds.toFixed(3),
    range.map((each) => each.toFixed(3)).join(' to '),
  ]);
  const titles = ['model', 'inverse', ...bound.title, 'test bits/dim', 'seeds', 'ms per image', 'range'];
  return (
    '## Density against sampling time\n\n' +
    `The trained models of one seed, ${batch} images sampled from a seed to 8-bit pixels, in turn in one process; medians and ` +
    `ranges of ${rounds} rounds. The inverse affects the time, not the density.\n\n` +
    `${markdownTable(titles, cells)}\n\n${picture}`
  );
}

function searchSection({ study, searches }: StudyResults, bound: BoundColumn): string {
  const tried = searches.filter((search) => search.tried.length > 0);
  if (tried.length === 0) {
    return '';
  }
  const { rates, steps, seed } = study.search;
  const cells = tried.map(({ variant, tried, chosen, atEdge }) => [
    variant,
    ...bound.cell(variant),
    ...rates.map((rate) => {
      const one = tried.find((each) => each.rate === rate);
      return one?.failure !== undefined ? 'diverged' : (one?.bitsPerDim?.toFixed(4) ?? 'not run');
    }),
    chosen === null ? 'none' : `${chosen}${atEdge ? ' (edge of the grid)' : ''}`,
  ]);
  const titles = ['model', ...bound.title, ...rates.map(String), 'chosen'];
  return (
    '## Learning rates\n\n' +
    `bits/dim on validation images after ${formatCount(steps)} steps with seed ${seed}, which the study does not use.\n\n` +
    `${markdownTable(titles, cells)}\n\n`
  );
}

function runsSection({ runs, failures }: StudyResults, bound: BoundColumn): string {
  const cells = runs.map((run) => [
    `\`${run.run}\``,
    ...bound.cell(run.variant),
    run.validationBitsPerDim?.toFixed(4) ?? 'none',
    `${run.testBitsPerDim.toFixed(4)} ± ${run.samplingError?.toFixed(4)}`,
    run.trainingSeconds.toFixed(1),
  ]);
  const titles = ['run', ...bound.title, 'validation bits/dim', 'test bits/dim ± images', 'seconds of steps'];
  const failed = failures.map(({ run, reason }) => `- \`${run}\` failed: ${reason}\n`).join('');
  const note =
    'Wall-clock seconds, whatever else the machine was doing; equal seconds use step times measured afterwards, in turn.';
  return `## Runs\n\n${note}\n\n${markdownTable(titles, cells)}\n${failed === '' ? '' : `\n${failed}`}`;
}
