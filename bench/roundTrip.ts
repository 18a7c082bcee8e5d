// decode(encode(x)) on every test image of a run's dataset: how many are recovered exactly, and which are
// not.
//
//   npx tsx bench/roundTrip.ts runs/quickstart
//   npx tsx bench/roundTrip.ts runs/quickstart --precision float64
//
// Prints the images with a wrong pixel after the round trip, each with its largest latent, and the error at
// the latents: encode, decode, encode again without rounding to pixels in between.
import { Command } from 'commander';
import { timed } from '../src/benchmarks/timing.ts';
import { oneOf, wholeNumber } from '../src/cli/parts/options.ts';
import { formatTable } from '../src/cli/terminal/table.ts';
import { firstImages, readAll } from '../src/data/contract/dataset.ts';
import { openDataset } from '../src/data/registry.ts';
import { type Precision, precisions } from '../src/engine/onnx/emitter.ts';
import { compile } from '../src/engine/program.ts';
import { compareImages, dequantised } from '../src/evaluation/measure/returnedImages.ts';
import { parametersFrom } from '../src/flows/contract/parameters.ts';
import { largestDifference } from '../src/numeric/compare.ts';
import { dimensionsOf } from '../src/numeric/imageShape.ts';
import { median } from '../src/numeric/statistics.ts';
import { OPEN_BATCH } from '../src/tensor/shape.ts';
import { input } from '../src/tensor/tensor.ts';
import { loadRun } from '../src/trained/loading/loadRun.ts';
import { FlowModel } from '../src/trained/model/flowModel.ts';
import { largestLatent, sliceLatents } from '../src/trained/model/latents.ts';

const BATCH = 64;

const command = new Command('roundTrip')
  .argument('<run>', 'a run folder')
  .option('--count <n>', 'images, from the first (default: all)', wholeNumber(1))
  .option('--precision <name>', precisions.join(', '), oneOf('precision', precisions), 'float32')
  .parse();
const { count: wanted, precision } = command.opts<{ count?: number; precision: Precision }>();

const run = await loadRun(command.args[0]!);
const { imageShape } = run.model;
const dimensions = dimensionsOf(imageShape);
const dataset = await openDataset(run.config.data.name, { validation: 0 });
const images = firstImages(dataset.test, wanted ?? dataset.test.count);
const { count } = images;
const pixels = readAll(images);

const model = new FlowModel(run, { batchSize: BATCH, precision });
const { result: latents, seconds: encodeSeconds } = await timed(() => model.encode(pixels));
const { result: values, seconds: decodeSeconds } = await timed(() => model.decodeValues(latents));
await model.release();

const x = input('x', [OPEN_BATCH, ...imageShape]);
const again = run.model.encode(x, parametersFrom(run.parameters)).latents;
const outputs = Object.fromEntries(again.map((latent, index) => [String(index), latent]));
const encoder = await compile({ inputs: { x }, outputs }, { precision });
const returned = latents.map(({ shape, data }) => ({ shape, data: new Float64Array(data.length) }));
for (let start = 0; start < count; start += BATCH) {
  const data = values.subarray(start * dimensions, (start + BATCH) * dimensions);
  const results = await encoder.run({ x: { shape: [data.length / dimensions, ...imageShape], data } });
  returned.forEach(({ data }, index) => {
    data.set(results[String(index)]!.data, (start * data.length) / count);
  });
}
await encoder.release();

/** The error of an image at the latents. */
function latentError(image: number): number {
  const [before, after] = [latents, returned].map((all) => sliceLatents(all, image, image + 1));
  return before!.reduce(
    (most, { data }, level) => Math.max(most, largestDifference(after![level]!.data, data)),
    0,
  );
}

const original = (await dequantised(images, run.model)).data;
const compared = compareImages(values, original, { images: count, bits: model.bits }).map((each, image) => ({
  ...each,
  image,
  latent: latentError(image),
  largest: largestLatent(latents, image),
}));
const failed = compared.filter(({ wrongPixels }) => wrongPixels > 0);
const exact = compared.filter(({ wrongPixels }) => wrongPixels === 0);
const levels = 2 ** (model.bits ?? 8);
const latentErrors = exact.map(({ latent }) => latent);
const most = (numbers: readonly number[]): number => Math.max(0, ...numbers);
const lines = [
  `${exact.length} of ${count} test images of ${run.config.data.name} are recovered exactly ` +
    `(${run.config.model.mixing}, step ${run.step}, average weights)`,
  `${precision} round trip at the latents, for those: largest error ${most(latentErrors).toExponential(2)}, ` +
    `median over images ${median(latentErrors).toExponential(2)}; ` +
    `largest latent ${most(exact.map(({ largest }) => largest)).toFixed(2)}`,
  `at the pixels: largest error ${(levels * most(exact.map(({ largestError }) => largestError))).toExponential(2)} grey levels, 0.5 allowed`,
  `${encodeSeconds.toFixed(1)} s to encode, ${decodeSeconds.toFixed(1)} s to decode, ` +
    `${BATCH} images at a time`,
];
if (failed.length > 0) {
  const columns = ['IMAGE', 'WRONG PIXELS', 'LARGEST LATENT', 'ERROR AT LATENTS', 'GREY LEVELS'];
  const rows = failed.map(({ image, wrongPixels, largest, latent, largestError }) => [
    String(image),
    String(wrongPixels),
    largest.toFixed(2),
    latent.toExponential(2),
    (levels * largestError).toExponential(2),
  ]);
  const table = formatTable(
    columns.map((title) => ({ title, align: 'right' })),
    rows,
  );
  lines.push(`${failed.length} are not:`, table);
}
process.stdout.write(`${lines.join('\n')}\n`);
process.exitCode = failed.length > 0 ? 1 : 0;
