// The report of a study: JSON, a table in Markdown and plots, in the folder of results.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatCount, formatCounted } from '../../src/cli/terminal/format.ts';
import { markdownTable } from '../../src/evaluation/runs/markdownTable.ts';
import { plotPng } from '../../src/pictures/drawPlot.ts';
import type { Plot } from '../../src/pictures/plot.ts';
import { writeFileAtomically } from '../../src/storage/files.ts';
import { writeJson } from '../../src/storage/jsonFile.ts';
import type { ComparisonResult, ComparisonRow } from './comparison.ts';
import { curvesPlot, densityRows, differencesPlot, samplingPlot } from './plots.ts';
import type { StudyResults } from './results.ts';
import type { SeedMean } from './statistics.ts';

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
  const sections: string[] = [];
  for (const [index, comparison] of results.comparisons.entries()) {
    sections.push(comparisonSection(comparison));
    if (comparison.rows.length > 0) {
      sections.push(await draw(`${name}-curves-${index + 1}.png`, curvesPlot(results, comparison)));
      sections.push(await draw(`${name}-differences-${index + 1}.png`, differencesPlot(results, comparison)));
    }
  }
  const samplingPicture = await draw(`${name}-sampling.png`, samplingPlot(results));
  const text = [
    heading(results, studies),
    existsSync(join(folder, 'README.md')) ? '[What the columns mean](README.md).\n\n' : '',
    ...sections,
    densitySection(results, samplingPicture),
    searchSection(results),
    runsSection(results),
  ].join('');
  writeJson(join(folder, `${name}.json`), results, 1);
  const file = join(folder, `${name}.md`);
  writeFileAtomically(file, `${text.trimEnd()}\n`);
  return file;
}

function heading({ study, machine, images, comparisons }: StudyResults, studies?: string): string {
  const seeds = Math.min(...comparisons.map((comparison) => comparison.seeds.length));
  const missing = comparisons.filter((comparison) => comparison.seeds.length < study.seeds.length);
  const few = seeds < 3 ? ' Fewer than three seeds say nearly nothing of the spread over seeds.' : '';
  const warning =
    missing.length === 0
      ? ''
      : `**Not complete**: ${missing
          .map(
            (comparison) =>
              `${comparison.seeds.length} of ${study.seeds.length} seeds are done of "${comparison.title}"`,
          )
          .join(', ')}.${few}\n\n`;
  return (
    `# ${study.title}\n\n` +
    `Made by \`npx tsx bench/study.ts${studies === undefined ? '' : ` --studies ${studies}`} --only ${study.name}\` on ${machine}.\n\n` +
    `${warning}` +
    `${formatCount(study.steps)} steps of every run, preset \`${study.preset}\` with ` +
    `${study.changes.map((change) => `\`${change}\``).join(', ')}. bits/dim are of all ${formatCount(images.test)} test ` +
    'images with the average weights of the last step, two draws of the noise, the same for all runs.\n\n'
  );
}

function comparisonSection({ title, seeds, equalSeconds, rows }: ComparisonResult): string {
  if (rows.length === 0) {
    return `## ${title}\n\nNot run.\n\n`;
  }
  const first = rows[0]!.mixing;
  const titles = [
    'mixing',
    'parameters',
    'test bits/dim ± seeds (95 %) ± images (standard error)',
    `difference to ${first} ± seeds ± images`,
    `at ${seconds(equalSeconds)}: validation bits/dim`,
    `difference to ${first} there ± seeds`,
    's a step',
    'round trip: largest error, exact pixels',
  ];
  const cells = rows.map((row) => [
    row.mixing,
    formatCount(row.parameters),
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

function densitySection(results: StudyResults, picture: string): string {
  const rows = densityRows(results);
  if (rows.length === 0) {
    return '## Density against sampling time\n\nNot timed.\n\n';
  }
  const { batch, rounds } = results.sampling!;
  const cells = rows.map(({ mixing, inverse, milliseconds, range, bitsPerDim, seeds }) => [
    mixing,
    inverse,
    bitsPerDim.toFixed(4),
    String(seeds),
    milliseconds.toFixed(3),
    range.map((each) => each.toFixed(3)).join(' to '),
  ]);
  const titles = ['mixing', 'inverse', 'test bits/dim', 'seeds', 'ms an image', 'range'];
  return (
    '## Density against sampling time\n\n' +
    `The trained models of one seed, ${batch} images from a seed to 8-bit pixels, in turn in one process; medians and ` +
    `ranges of ${rounds} rounds. An inverse changes the time and not the density.\n\n` +
    `${markdownTable(titles, cells)}\n\n${picture}`
  );
}

function searchSection({ study, searches }: StudyResults): string {
  const tried = searches.filter((search) => search.tried.length > 0);
  if (tried.length === 0) {
    return '';
  }
  const { rates, steps, seed } = study.search;
  const cells = tried.map(({ mixing, tried, chosen, atEdge }) => [
    mixing,
    ...rates.map((rate) => {
      const one = tried.find((each) => each.rate === rate);
      return one?.failure !== undefined ? 'diverged' : (one?.bitsPerDim?.toFixed(4) ?? 'not run');
    }),
    chosen === null ? 'none' : `${chosen}${atEdge ? ' (edge of the grid)' : ''}`,
  ]);
  const titles = ['mixing', ...rates.map(String), 'chosen'];
  return (
    '## Learning rates\n\n' +
    `bits/dim on validation images after ${formatCount(steps)} steps with seed ${seed}, which is no seed of the study.\n\n` +
    `${markdownTable(titles, cells)}\n\n`
  );
}

function runsSection({ runs, failures }: StudyResults): string {
  const cells = runs.map((run) => [
    `\`${run.run}\``,
    run.validationBitsPerDim?.toFixed(4) ?? 'none',
    `${run.testBitsPerDim.toFixed(4)} ± ${run.samplingError?.toFixed(4)}`,
    run.trainingSeconds.toFixed(1),
  ]);
  const titles = ['run', 'validation bits/dim', 'test bits/dim ± images', 'seconds of its steps'];
  const failed = failures.map(({ run, reason }) => `- \`${run}\` failed: ${reason}\n`).join('');
  const note =
    'Seconds as they went by, whatever else the machine did; equal seconds go by steps timed afterwards, in turn.';
  return `## Runs\n\n${note}\n\n${markdownTable(titles, cells)}\n${failed === '' ? '' : `\n${failed}`}`;
}
