// decode(encode(x)) on every test image of a run's dataset: how many come back exactly, and which do not.
//
//   npx tsx bench/roundTrip.ts runs/quickstart
//   npx tsx bench/roundTrip.ts runs/quickstart --precision float64
//
// Prints the images that return with a wrong pixel, each with its largest latent, and the error at the
// latents: encode, decode, encode again without rounding to pixels in between.
import { Command } from 'commander';
import { oneOf, wholeNumber } from '../src/cli/options.ts';
import { formatTable } from '../src/cli/terminal/table.ts';
import { readAll, subset } from '../src/data/dataset.ts';
import { openDataset } from '../src/data/registry.ts';
import { type Precision, precisions } from '../src/engine/onnx/emitter.ts';
import { compile } from '../src/engine/program.ts';
import { FlowModel } from '../src/evaluation/model/flowModel.ts';
import { largestLatent } from '../src/evaluation/model/latents.ts';
import { loadRun } from '../src/evaluation/model/loadRun.ts';
import { parametersFrom } from '../src/flows/parameters.ts';
import { dimensionsOf } from '../src/numeric/imageShape.ts';
import { OPEN_BATCH } from '../src/tensor/shape.ts';
import { input } from '../src/tensor/tensor.ts';

const BATCH = 64;

const command = new Command('roundTrip')
  .argument('<run>', 'a run folder')
  .option('--count <n>', 'images, from the first (default: all)', wholeNumber(1))
  .option('--precision <name>', precisions.join(', '), oneOf('precision', precisions), 'float32')
  .parse();
const { count: wanted, precision } = command.opts<{ count?: number; precision: Precision }>();

const run = loadRun(command.args[0]!);
const { imageShape } = run.model;
const dimensions = dimensionsOf(imageShape);
const dataset = await openDataset(run.config.data.name, { validation: 0 });
const count = Math.min(wanted ?? dataset.test.count, dataset.test.count);
const first = Array.from({ length: count }, (_, index) => index);
const pixels = readAll(subset(dataset.test, first));

const model = new FlowModel(run, { batchSize: BATCH, precision });
const begin = performance.now();
const latents = await model.encode(pixels);
const encoded = performance.now();
const values = await model.decodeValues(latents);
const end = performance.now();
await model.release();

const x = input('x', [OPEN_BATCH, ...imageShape]);
const again = run.model.encode(x, parametersFrom(run.parameters)).latents;
const outputs = Object.fromEntries(again.map((latent, index) => [String(index), latent]));
const encoder = await compile({ inputs: { x }, outputs }, { precision });
const returned = model.latentShapes.map((shape) => new Float64Array(count * dimensionsOf(shape)));
for (let start = 0; start < count; start += BATCH) {
  const data = values.subarray(start * dimensions, (start + BATCH) * dimensions);
  const results = await encoder.run({ x: { shape: [data.length / dimensions, ...imageShape], data } });
  returned.forEach((array, index) => {
    array.set(results[String(index)]!.data, (start * array.length) / count);
  });
}
await encoder.release();

/** The error of an image at the latents, and how many of its pixels are others. */
function compare(image: number): { wrong: number; latent: number; value: number } {
  let [wrong, value, latent] = [0, 0, 0];
  for (let index = image * dimensions; index < (image + 1) * dimensions; index++) {
    const pixel = Math.floor((values[index]! + 0.5) * 256);
    wrong += Math.min(Math.max(pixel, 0), 255) === pixels[index] ? 0 : 1;
    value = larger(value, Math.abs(values[index]! - ((pixels[index]! + 0.5) / 256 - 0.5)));
  }
  latents.forEach(({ data }, level) => {
    const size = data.length / count;
    for (let index = image * size; index < (image + 1) * size; index++) {
      latent = larger(latent, Math.abs(data[index]! - returned[level]![index]!));
    }
  });
  return { wrong, latent, value };
}

/** The larger of two, where what is no number is larger than all. */
function larger(a: number, b: number): number {
  return b <= a || Number.isNaN(a) ? a : b;
}

const compared = first.map((image) => ({
  image,
  ...compare(image),
  largest: largestLatent(latents, image),
}));
const failed = compared.filter(({ wrong }) => wrong > 0);
const exact = compared.filter(({ wrong }) => wrong === 0);
const most = (numbers: readonly number[]): string => numbers.reduce(larger, 0).toExponential(2);
const median = (numbers: readonly number[]): string =>
  (numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN).toExponential(2);
const lines = [
  `${exact.length} of ${count} test images of ${run.config.data.name} return exactly ` +
    `(${run.config.model.mixing}, step ${run.step}, average weights)`,
  `${precision} round trip at the latents, of those: largest error ${most(exact.map(({ latent }) => latent))}, ` +
    `median over images ${median(exact.map(({ latent }) => latent))}; ` +
    `largest latent ${Math.max(...exact.map(({ largest }) => largest)).toFixed(2)}`,
  `at the pixels: largest error ${most(exact.map(({ value }) => 256 * value))} grey levels, 0.5 are allowed`,
  `${((encoded - begin) / 1000).toFixed(1)} s to encode, ${((end - encoded) / 1000).toFixed(1)} s to decode, ` +
    `${BATCH} images at a time`,
];
if (failed.length > 0) {
  const columns = ['IMAGE', 'WRONG PIXELS', 'LARGEST LATENT', 'ERROR AT LATENTS', 'GREY LEVELS'];
  const rows = failed.map(({ image, wrong, largest, latent, value }) => [
    String(image),
    String(wrong),
    largest.toFixed(2),
    latent.toExponential(2),
    (256 * value).toExponential(2),
  ]);
  const table = formatTable(
    columns.map((title) => ({ title, align: 'right' })),
    rows,
  );
  lines.push(`${failed.length} do not:`, table);
}
process.stdout.write(`${lines.join('\n')}\n`);
process.exitCode = failed.length > 0 ? 1 : 0;
