// Super-resolution and inpainting of digits, by flows conditioned on images:
//
//   npm run build && node examples/conditions/digits.mjs super-resolution|inpainting [STEPS] [OUT.png]
//
// The run is in runs/super-resolution or runs/inpainting; if it is there, it is used.
import { existsSync, writeFileSync } from 'node:fs';
import { loadModel } from 'emerging-flows';
import { conditioned, imagesInMemory, openDataset } from 'emerging-flows/data';
import { contactSheet } from 'emerging-flows/pictures';
import { resolveConfig, startRun, train } from 'emerging-flows/training';

const [size, cell] = [28, 4];
const area = size * size;

/** The digits in 7 x 7 pixels: each cell of 4 x 4 pixels has their mean. */
function lowResolution(pixels) {
  const firstOfCell = (place) => {
    const [row, column] = [Math.floor(place / size), place % size];
    return (row - (row % cell)) * size + column - (column % cell);
  };
  const sums = new Float32Array(pixels.length);
  pixels.forEach((value, place) => {
    sums[firstOfCell(place)] += value;
  });
  return { low: sums.map((_, place) => sums[firstOfCell(place)] / cell ** 2) };
}

/** A square of 12 x 12 pixels is hidden, at one of four places around the middle. The mask is 1 where pixels are known. */
function hidden(pixels) {
  const mask = pixels.map((_, place) => {
    const image = Math.floor(place / area);
    const [row, column] = [Math.floor((place % area) / size), place % size];
    const [top, left] = [image % 4 < 2 ? 4 : 12, image % 2 === 0 ? 4 : 12];
    return row >= top && row < top + 12 && column >= left && column < left + 12 ? 0 : 1;
  });
  return { known: pixels.map((value, place) => value * mask[place]), mask };
}

const tasks = {
  'super-resolution': {
    conditionArrays: lowResolution,
    picture: ({ low }) => low,
    finish: (samples) => samples,
  },
  inpainting: {
    conditionArrays: hidden,
    // Hidden pixels are grey.
    picture: ({ known, mask }) => known.map((value, place) => (mask[place] ? value : 96)),
    finish: (samples, { known, mask }) => samples.map((value, place) => (mask[place] ? known[place] : value)),
  },
};

const [name = 'super-resolution', steps = '1000', out = `${name}.png`] = process.argv.slice(2);
const task = tasks[name];
if (!task) {
  console.error('usage: node examples/conditions/digits.mjs super-resolution|inpainting [STEPS] [OUT.png]');
  process.exit(2);
}

/** The pixels of the first images, and the conditions that are computed from them. */
function first(images, count) {
  const pixels = new Uint8Array(count * area);
  images.read([...Array(count).keys()], pixels);
  return { pixels, conditions: task.conditionArrays(pixels) };
}

const digits = await openDataset('mnist');
const { imageShape } = digits;
const run = `runs/${name}`;
if (!existsSync(run)) {
  const part = (images, count) => {
    const { pixels, conditions } = first(images, count);
    return conditioned(imagesInMemory(pixels, imageShape), conditions, name);
  };
  const dataset = {
    name,
    imageShape,
    train: part(digits.train, 20_000),
    validation: part(digits.validation, 200),
    test: part(digits.test, 200),
  };
  const overrides = { data: { name }, model: { condition: true }, training: { steps: Number(steps) } };
  const config = resolveConfig({ preset: 'mnist-quickstart', overrides });
  const { validationBitsPerDim } = await train(await startRun(config, run, { dataset }));
  console.log(`validation: ${validationBitsPerDim.toFixed(3)} bits/dim`);
}

// Rows of what the model is given, samples, and the truth.
const [rows, samples] = [8, 5];
const model = await loadModel(run);
const { pixels, conditions } = first(digits.test, rows);
const columns = [task.picture(conditions)];
for (let sample = 0; sample < samples; sample++) {
  const drawn = await model.sample({ count: rows, condition: conditions, temperature: 0.8, seed: sample });
  columns.push(task.finish(drawn, conditions));
}
columns.push(pixels);
const sheet = new Uint8Array(rows * columns.length * area);
columns.forEach((images, column) => {
  for (let row = 0; row < rows; row++) {
    sheet.set(images.subarray(row * area, (row + 1) * area), (row * columns.length + column) * area);
  }
});
writeFileSync(out, contactSheet(sheet, { imageShape, columns: columns.length }));
const bits = await model.bitsPerDim(pixels, { condition: conditions, draws: 4 });
console.log(
  `the digits of the picture: ${(bits.reduce((sum, one) => sum + one) / rows).toFixed(3)} bits/dim; ${out}`,
);
await model.release();
