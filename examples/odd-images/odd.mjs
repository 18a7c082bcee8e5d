// Lists the oddest images in a folder, with a contact sheet and maps of where their bits are:
//
//   npm run build && node examples/odd-images/odd.mjs FOLDER [MODEL] [OUT]
//
// MODEL is an export or a run; by default models/mnist-small.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel, score } from 'emerging-flows';
import { readImageFiles } from 'emerging-flows/data';
import { contactSheet, heatRange, mapPicture } from 'emerging-flows/pictures';

const bundled = fileURLToPath(import.meta.resolve('emerging-flows/models/mnist-small'));
const [folder, path = bundled, out = 'odd-images'] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node examples/odd-images/odd.mjs FOLDER [MODEL] [OUT]');
  process.exit(2);
}

const model = await loadModel(path);
const { imageShape } = model;
const size = imageShape[0] * imageShape[1] * imageShape[2];
const { names, pixels, skipped } = await readImageFiles([folder], imageShape, { resize: true });
const report = await score(model, pixels, { places: 20 });
const oddest = report.images.slice(0, 20);
for (const { index, score, pValue, bitsPerDim } of oddest) {
  const p = pValue.toFixed(4);
  console.log(
    `${names[index]}\t${report.score} ${score.toFixed(2)}\tp ${p}\t${bitsPerDim.toFixed(3)} bits/dim`,
  );
}

const image = (index) => pixels.subarray(index * size, (index + 1) * size);
const chosen = pixels.constructor.from(oddest.flatMap(({ index }) => [...image(index)]));
const [height, width] = imageShape;
const bits = Float64Array.from(oddest.flatMap(({ places }) => [...places.bits]));
const range = heatRange({ shape: [oddest.length, height, width], data: bits });
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'sheet.png'), contactSheet(chosen, { imageShape, columns: 5 }));
oddest.forEach(({ index, places }, rank) => {
  const name = `map-${String(rank + 1).padStart(2, '0')}.png`;
  const deviations = { map: places.deviations, frames: places.oddest };
  writeFileSync(join(out, name), mapPicture(image(index), places.bits, { imageShape, range, deviations }));
});
console.log(`${names.length} images, ${skipped.length} skipped; pictures in ${out}`);
await model.release();
