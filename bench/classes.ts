// What a model with classes does on MNIST: digits of each class, one digit as all others, and how well it classifies.
//
//   npx tsx bench/classes.ts
//
// Trains the quick-start preset once with classes and once without, prints the table of docs/classes.md and writes its
// pictures, docs/classes. Ten minutes of two idle cores. The numbers depend on the seed and the threads, not on the
// machine's speed or load.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readOne } from '../src/data/contract/dataset.ts';
import { openDataset } from '../src/data/registry.ts';
import { type Evaluation, evaluate } from '../src/evaluation/measure/evaluate.ts';
import { errorText } from '../src/evaluation/reports/errorText.ts';
import { markdownTable } from '../src/evaluation/reports/markdownTable.ts';
import { resolveConfig } from '../src/experiments/resolve.ts';
import { contactSheet } from '../src/pictures/contactSheet.ts';
import { startRun } from '../src/runs/open/run.node.ts';
import { memoryFiles } from '../src/storage/memoryFiles.ts';
import { eightBit } from '../src/testing/eightBit.ts';
import { FlowModel } from '../src/trained/model/flowModel.ts';
import { trainedModel } from '../src/trained/model/trainedModel.ts';
import { train } from '../src/training/loop/train.ts';

const folder = fileURLToPath(new URL('../docs/classes', import.meta.url));
const THREADS = 2;
const COLUMNS = 10;
/** The test images that are moved to other classes: the first of a 7, a 2, a 4 and a 9. */
const EDITED = [0, 1, 4, 7];

const dataset = await openDataset('mnist', { validation: 0.02 });

async function trained(classes: boolean): Promise<FlowModel> {
  const config = resolveConfig({
    preset: 'paper-mnist-quickstart',
    ...(classes && { set: ['model.classes=true'] }),
  });
  const run = await startRun(config, memoryFiles(classes ? 'classes' : 'plain'), { dataset });
  const ended = await train({
    ...run,
    threads: THREADS,
    workers: THREADS,
    events: {
      onStep(step, bitsPerDim) {
        if (step % 100 === 0) {
          process.stderr.write(`${run.store.name}: step ${step}, ${bitsPerDim.toFixed(3)} bits/dim\n`);
        }
      },
    },
  });
  return new FlowModel(trainedModel(ended.model, ended.state, 'average'), { threads: THREADS });
}

const digits = await trained(true);
const { classes, imageShape } = digits;
const sheet = (pixels: Uint8Array, columns: number): Uint8Array =>
  contactSheet(pixels, { imageShape, columns });

const rows = Array.from({ length: classes.length * COLUMNS }, (_, image) => Math.floor(image / COLUMNS));
const samples = eightBit(await digits.sample({ count: rows.length, class: rows, temperature: 0.8, seed: 0 }));
writeFileSync(join(folder, 'digits.png'), sheet(samples, COLUMNS));

const edited: Uint8Array[] = [];
for (const index of EDITED) {
  const image = eightBit(readOne(dataset.test, index));
  edited.push(image);
  const latents = await digits.encode(image, { class: dataset.test.labels!.classOf(index) });
  for (const name of classes) {
    edited.push(eightBit(await digits.decode(latents, { class: name })));
  }
}
writeFileSync(
  join(folder, 'edited.png'),
  sheet(Uint8Array.from(edited.flatMap((image) => [...image])), 1 + classes.length),
);

const given = await evaluate(digits, dataset.test, { draws: 2 });
await digits.release();
const plain = await trained(false);
const without = await evaluate(plain, dataset.test, { draws: 2 });
await plain.release();

const bits = ({ bitsPerDim, samplingError }: Pick<Evaluation, 'bitsPerDim' | 'samplingError'>): string =>
  `${bitsPerDim.toFixed(4)} ± ${errorText(samplingError!)}`;
const { accuracy, accuracyError, marginalBitsPerDim } = given.classes!;
process.stdout.write(
  `${markdownTable(
    ['model', 'bits/dim of p(x \\| class)', 'bits/dim of p(x)', 'test images classified rightly'],
    [
      [
        'with classes',
        bits(given),
        bits({ bitsPerDim: marginalBitsPerDim, samplingError: given.samplingError }),
        `${(100 * accuracy).toFixed(2)} % ± ${(100 * accuracyError).toFixed(2)} %`,
      ],
      ['without', '', bits(without), ''],
    ],
  )}\n`,
);
