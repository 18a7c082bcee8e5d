// How small a model's weights become for N images, what that costs in bits/dim, and from how many images on a
// compressed file with its model is smaller than xz and WebP make the same images.
//
//   npx tsx bench/weights.ts models/mnist mnist --count 256
import { execFileSync } from 'node:child_process';
import { Command } from 'commander';
import sharp from 'sharp';
import { wholeNumber } from '../src/app/cli/parts/options.ts';
import { reportFailure } from '../src/app/cli/terminal/failure.ts';
import { formatBytes } from '../src/app/cli/terminal/format.ts';
import { formatTable, right } from '../src/app/cli/terminal/table.ts';
import { countElements } from '../src/core/numeric/arrays.ts';
import { mean } from '../src/core/numeric/statistics.ts';
import { evenlySpread, type ImageSet, readAll, subset } from '../src/data/contract/dataset.ts';
import { openSplit } from '../src/data/registry.ts';
import { countTrained } from '../src/flows/contract/parameters.ts';
import { FlowModel } from '../src/model/flowModel.ts';
import { weightsBytes } from '../src/model/loading/exportFiles.ts';
import { loadTrained } from '../src/model/loading/loadTrained.ts';
import { roundedModel } from '../src/model/smallWeights.ts';
import type { TrainedModel } from '../src/model/trainedModel.ts';
import { exponentsFor, weightSensitivities } from '../src/model/weightPrecision.ts';
import { eightBit } from '../src/testing/eightBit.ts';

/** Numbers of images to round for. */
const NUMBERS = [300, 1e3, 3e3, 1e4, 3e4, 1e5, 1e6, 1e7, 1e8];

/** Images whose derivatives are measured. */
const MEASURED = 16;

try {
  const command = new Command('weights')
    .argument('<model>')
    .argument('<data>')
    .option('--count <n>', 'test images', wholeNumber(1), 256);
  const { args } = command.parse();
  await run(args[0]!, args[1]!, command.opts<{ count: number }>().count);
} catch (error) {
  process.exitCode = reportFailure(error);
}

async function run(path: string, data: string, count: number): Promise<void> {
  const trained = await loadTrained(path);
  const test = await openSplit(data, 'test', { validation: 0 });
  const images = subset(test, evenlySpread(Math.min(count, test.count), test.count));
  const size = countElements(images.imageShape);
  const measured = subset(images, evenlySpread(Math.min(MEASURED, images.count), images.count));
  const sensitivities = await weightSensitivities(trained, measured);
  const before = await bitsPerDim(trained, images);
  const weights = countTrained(trained.model.parameters);
  const others = await otherMethods(images);
  const rows: { readonly number: number; readonly inAll: number; readonly cells: string[] }[] = [];
  for (const number of NUMBERS) {
    const exponents = exponentsFor(trained, sensitivities, number);
    const bytes = weightsBytes(trained, exponents).length;
    const more = (await bitsPerDim(roundedModel(trained, exponents), images)) - before;
    const inAll = before + more + (8 * bytes) / (number * size);
    const bits = ((8 * bytes) / weights).toFixed(1);
    const cells = [String(number), bits, formatBytes(bytes), more.toFixed(4), inAll.toFixed(3)];
    rows.push({ number, inAll, cells });
  }
  const columns = ['images', 'bits a weight', 'model', 'more bits/dim', 'in all'].map(right);
  const float = weightsBytes(trained).length;
  console.log(
    `${path}: ${formatBytes(float)} in float32; ${before.toFixed(4)} bits/dim on ${images.count} images`,
  );
  console.log(
    formatTable(
      columns,
      rows.map(({ cells }) => cells),
    ),
  );
  for (const [method, bits] of Object.entries(others)) {
    const next = rows.findIndex(({ inAll }) => inAll < bits);
    const inFloat = (8 * float) / ((bits - before) * size);
    const [below, above] = [rows[next - 1], rows[next]];
    const share = below && above ? (below.inAll - bits) / (below.inAll - above.inAll) : 0;
    const from = above && (below ? below.number * (above.number / below.number) ** share : above.number);
    console.log(
      `${method}: ${bits.toFixed(3)} bits/dim; ${
        from === undefined ? 'always smaller' : `larger from about ${from.toPrecision(2)} images on`
      } (weights in float32: ${inFloat > 0 ? inFloat.toPrecision(2) : 'never'})`,
    );
  }
}

async function bitsPerDim(trained: TrainedModel, images: ImageSet): Promise<number> {
  await using model = new FlowModel(trained);
  const [bits] = await model.bitsPerDimByDraw(images);
  return mean(bits!);
}

/** bits/dim of the images by other methods: xz on their pixels, one after the other, and WebP without loss, one by one. */
async function otherMethods(images: ImageSet): Promise<Record<string, number>> {
  const pixels = eightBit(readAll(images));
  const [height, width, channels] = images.imageShape;
  const size = height * width * channels;
  let webp = 0;
  for (let first = 0; first < pixels.length; first += size) {
    const raw = { width, height, channels: channels as 1 | 3 };
    const image = sharp(pixels.subarray(first, first + size), { raw });
    webp += (await image.webp({ lossless: true, effort: 6 }).toBuffer()).length;
  }
  const xz = execFileSync('xz', ['-9e', '--stdout'], { input: pixels, maxBuffer: 2 ** 30 }).length;
  return { xz: (8 * xz) / pixels.length, WebP: (8 * webp) / pixels.length };
}
