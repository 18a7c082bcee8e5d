// Records a race of emerging against 1x1 convolutions for the studio's page How it works.
//
//   npx tsx bench/race.ts [STEPS]
//
// Trains both with the settings of the studio's page Train (here narrower, so that it takes minutes), on the digits that
// the studio includes, and writes studio/rooms/how/race: bits/dim of the validation images for each seed, and samples of
// the first. STEPS, 1700 by default, makes a shorter race. The numbers depend on the seeds and the threads, not on the
// machine's speed or load.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dataset } from '../src/data/contract/dataset.ts';
import { prepareDataset } from '../src/data/prepareDataset.ts';
import { openDataset } from '../src/data/registry.ts';
import { findPreset } from '../src/experiments/presets.ts';
import { resolveConfig } from '../src/experiments/resolve.ts';
import { sizeOf } from '../src/numeric/ndarray.ts';
import { contactSheet } from '../src/pictures/contactSheet.ts';
import { resumeRun, startRun } from '../src/runs/open/run.node.ts';
import { memoryFiles } from '../src/storage/memoryFiles.ts';
import { eightBit } from '../src/testing/eightBit.ts';
import { FlowModel } from '../src/trained/model/flowModel.ts';
import { trainedModel } from '../src/trained/model/trainedModel.ts';
import { train } from '../src/training/loop/train.ts';
import type { Recording } from '../studio/rooms/how/race/recording.ts';
import { DIGITS_COUNT, DIGITS_DATASET } from '../studio/work/digits.ts';
import { inTemporaryFolder } from './shared/temporaryFolder.ts';

const folder = fileURLToPath(new URL('../studio/rooms/how/race', import.meta.url));
const preset = 'paper-mnist-quickstart';
const whole = findPreset(preset).config.training!.steps!;
const last = Number(process.argv[2] ?? whole);
if (!Number.isInteger(last) || last < 1 || last > whole) {
  throw new Error(`STEPS must be a whole number from 1 to ${whole}, not ${process.argv[2]}`);
}
const mixings = ['emerging', '1x1'];
const seeds = [0, 1, 2];
const size = { width: 32, batch: 32 };
const samples = { count: 16, temperature: 0.8, seed: 0 };
/** Where the race is recorded: densely at first, when most happens. */
const steps = [1, 10, 25, 50, 100, 200, 300, 500, 700, 1000, 1300, 1700].filter((step) => step < last);
steps.push(last);

/** The training of one model. */
interface Raced {
  /** bits/dim of the validation images at every recorded step. */
  readonly bitsPerDim: number[];
  /** The samples there, for the first seed. */
  readonly sheets: Uint8Array[];
  /** The steps after which training rolled back, with half the learning rate. */
  readonly rollbacks: number[];
}

/** Trains one model. */
async function raced(dataset: Dataset, mixing: string, seed: number): Promise<Raced> {
  const files = memoryFiles(`${mixing}-${seed}`);
  const { width, batch } = size;
  const config = resolveConfig({
    preset,
    overrides: { seed, model: { mixing, width }, training: { batchSize: batch, microBatch: batch } },
  });
  const bitsPerDim: number[] = [];
  const sheets: Uint8Array[] = [];
  const rollbacks: number[] = [];
  const events = {
    onTrouble(step: number, text: string) {
      say(`${mixing}, seed ${seed}: ${text}`);
      if (text.includes('rolled back')) {
        rollbacks.push(step);
      }
    },
  };
  for (const stopAt of steps) {
    const run =
      stopAt === steps[0]
        ? await startRun(config, files, { dataset })
        : await resumeRun(files, {}, { dataset });
    const { model, state, validationBitsPerDim } = await train({ ...run, stopAt, threads: 1, events });
    bitsPerDim.push(Number(validationBitsPerDim!.toFixed(4)));
    say(`${mixing}, seed ${seed}, step ${stopAt}: ${bitsPerDim.at(-1)} bits/dim`);
    if (seed === seeds[0]) {
      await using trained = new FlowModel(trainedModel(model, state, 'average'), { threads: 1 });
      // Overflowed samples are black, as on the sheets of Train.
      sheets.push(eightBit(await trained.sample({ ...samples, onOverflow: () => {} })));
    }
  }
  return { bitsPerDim, sheets, rollbacks };
}

/** 16 grey levels look the same, and compress to a third. */
const coarse = (level: number): number => 17 * Math.round(level / 17);

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

await inTemporaryFolder('race', async (temporary) => {
  const out = join(temporary, 'digits.images');
  await prepareDataset(DIGITS_DATASET, { limit: DIGITS_COUNT, out });
  const dataset = { ...(await openDataset(out)), name: DIGITS_DATASET };
  const begin = performance.now();
  const found: Raced[][] = [];
  for (const mixing of mixings) {
    const bySeed: Raced[] = [];
    for (const seed of seeds) {
      bySeed.push(await raced(dataset, mixing, seed));
    }
    found.push(bySeed);
  }
  say(`${Math.round((performance.now() - begin) / 1000)} s`);
  const recording: Recording = {
    mixings,
    ...size,
    images: { training: dataset.train.count, validation: dataset.validation.count },
    samples,
    seeds,
    steps,
    bitsPerDim: found.map((bySeed) => bySeed.map((one) => one.bitsPerDim)),
    rollbacks: found.map((bySeed) => bySeed.map((one) => one.rollbacks)),
  };
  // Each step is a square of samples of each model, side by side.
  const side = Math.sqrt(samples.count);
  const row = side * sizeOf(dataset.train.imageShape);
  const rows = steps.flatMap((_, step) =>
    Array.from({ length: side }, (_, line) =>
      found.map(([first]) => first!.sheets[step]!.subarray(line * row, (line + 1) * row).map(coarse)),
    ).flat(),
  );
  const sheet = contactSheet(Uint8Array.from(rows.flatMap((one) => [...one])), {
    ...{ imageShape: dataset.train.imageShape, columns: mixings.length * side, scale: 1, gap: 0 },
  });
  writeFileSync(join(folder, 'samples.png'), sheet);
  writeFileSync(join(folder, 'recording.json'), `${JSON.stringify(recording)}\n`);
});
