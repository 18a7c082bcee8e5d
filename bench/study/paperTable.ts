// The paper's own table: for each row the published number, and ours or the hours it would take.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { formatCount } from '../../src/cli/terminal/format.ts';
import { datasets } from '../../src/data/registry.ts';
import { placeOfDataset } from '../../src/data/sets/datasetPlace.ts';
import { markdownTable } from '../../src/evaluation/reports/markdownTable.ts';
import { paperExperiments } from '../../src/experiments/paper.ts';
import { findPreset, type Preset } from '../../src/experiments/presets.ts';
import { readSummary, runPaths } from '../../src/runs/folder/runFolder.ts';
import { writeFileAtomically } from '../../src/storage/files.ts';
import { writeJson } from '../../src/storage/jsonFile.ts';
import { machine } from '../shared/machine.ts';
import { hoursOf, type PaperRate, readPaperRates } from './paperRates.ts';

/** A row of the table. */
export interface PaperRow {
  readonly preset: string;
  readonly experiment: string;
  readonly command: string;
  readonly published: Preset['paper'];
  /** The contents of its run folder; null if it was not run. */
  readonly ours: {
    readonly steps: number;
    readonly complete: boolean;
    readonly testBitsPerDim: number | null;
  } | null;
  /** Whether the images are available, or the note if they are not. */
  readonly images: string;
  readonly rate: PaperRate | null;
  /** Of all steps, at this rate. */
  readonly hours: number | null;
}

/** Where the runs of the paper's presets are, under the folder `runs`. */
const RUNS = join('runs', 'paper');
/** Training images of the dataset whose published counts differ from the paper's. */
const GALAXY_IMAGES = 5000;

/** Every preset of the paper, in the paper's order. */
export function paperPresets(): Preset[] {
  return paperExperiments.flatMap(({ results }) => Object.keys(results).map((name) => findPreset(name)));
}

/** Writes `paper.json` and `paper.md`; returns the path of the table. */
export async function writePaperTable(folder: string): Promise<string> {
  const rates = readPaperRates(folder);
  const rows: PaperRow[] = [];
  for (const { title, results } of paperExperiments) {
    for (const name of Object.keys(results)) {
      rows.push(await rowOf(title, findPreset(name), rates[name] ?? null));
    }
  }
  writeJson(join(folder, 'paper.json'), { machine: machine(), rows }, 1);
  const file = join(folder, 'paper.md');
  writeFileAtomically(file, paperText(rows));
  return file;
}

async function rowOf(experiment: string, preset: Preset, rate: PaperRate | null): Promise<PaperRow> {
  const { name } = preset;
  const directory = join(RUNS, name);
  return {
    preset: name,
    experiment,
    command: `npx emerging train --preset ${name} --out ${directory}`,
    published: preset.paper,
    ours: oursIn(directory),
    images: await imagesOf(preset),
    rate,
    hours: rate === null ? null : hoursOf(preset, trainingImages(preset), rate),
  };
}

function oursIn(directory: string): PaperRow['ours'] {
  const paths = runPaths(directory);
  if (!existsSync(paths.summary)) {
    return null;
  }
  const { steps, complete, evaluations } = readSummary(paths);
  const onTest = (Array.isArray(evaluations) ? evaluations : []).filter(
    (one) => one.split === 'test' && one.step === steps && one.weights === 'average',
  );
  return {
    steps: Number(steps),
    complete: complete === true,
    testBitsPerDim: onTest.at(-1)?.bitsPerDim ?? null,
  };
}

async function imagesOf(preset: Preset): Promise<string> {
  const dataset = datasetOf(preset);
  const { state } = await placeOfDataset(dataset);
  const inWords = {
    ready: 'available',
    prepared: 'available',
    unprepared: 'available, prepared on first use',
    missing: `missing; from ${dataset.source}`,
    unusable: `incomplete; from ${dataset.source}`,
  };
  return inWords[state];
}

/** The training images of a preset of the paper, without those held out. */
export function trainingImages(preset: Preset): number {
  const { validation = 0.02 } = preset.config.data ?? {};
  const images = datasetOf(preset).counts?.train ?? GALAXY_IMAGES;
  return Math.round(images * (1 - validation));
}

function datasetOf({ config }: Preset): (typeof datasets)[number] {
  return datasets.find(({ name }) => name === config.data!.name)!;
}

/** The page with the table. */
export function paperText(rows: readonly PaperRow[]): string {
  const titles = ['experiment', 'preset', 'published bits/dim', 'ours', 'hours'];
  const cells = rows.map((row) => [
    row.experiment,
    `\`${row.preset}\``,
    publishedText(row.published),
    oursText(row.ours),
    row.hours === null ? 'not measured' : formatCount(row.hours),
  ]);
  const measured = [...new Set(rows.flatMap(({ rate }) => (rate === null ? [] : rate.machine)))];
  const [first] = rows.flatMap(({ rate }) => rate ?? []);
  const how =
    first === undefined
      ? 'No rate has been measured.'
      : `Hours are estimates for all steps, from the rate in steps of ${first.batch} images ` +
        `(\`emerging bench train --rounds ${first.rounds}\`, ${measured.join('; ')}). Read them as orders of magnitude: larger batches are ` +
        'somewhat faster, busy machines slower.';
  // The presets of a dataset start with its name.
  const images = new Map(rows.map((row) => [row.preset.split('-')[0]!, row.images]));
  const sources = [...images].map(([prefix, text]) => `- \`${prefix}-…\`: ${text}`).join('\n');
  return (
    "# The paper's experiments\n\n" +
    'Generated by `npx tsx bench/study.ts --paper`. Published results are from Hoogeboom et al., Emerging Convolutions for Generative ' +
    'Normalizing Flows (2019), on test images; ± is the standard deviation over repeated runs. Ours: test bits/dim of the run in ' +
    `\`${RUNS}/PRESET\`.\n\n` +
    `${markdownTable(titles, cells)}\n\n${how} Start a row with:\n\n` +
    `\`\`\`\nnpx emerging train --preset PRESET --out ${RUNS}/PRESET\n\`\`\`\n\n` +
    `Images, by preset:\n\n${sources}\n`
  );
}

function publishedText(paper: Preset['paper']): string {
  const { bitsPerDim, deviation, approximate, millisecondsPerSample } = paper ?? {};
  const parts = [
    bitsPerDim === undefined
      ? 'none'
      : `${approximate ? 'about ' : ''}${bitsPerDim.toFixed(2)}${deviation === undefined ? '' : ` ± ${deviation}`}`,
    ...(millisecondsPerSample === undefined ? [] : [`${millisecondsPerSample} ms per sample`]),
  ];
  return parts.join(', ');
}

function oursText(ours: PaperRow['ours']): string {
  if (ours === null) {
    return 'not run';
  }
  const value = ours.testBitsPerDim === null ? 'not measured' : ours.testBitsPerDim.toFixed(4);
  return ours.complete ? value : `${value} after ${formatCount(ours.steps)} steps, incomplete`;
}
