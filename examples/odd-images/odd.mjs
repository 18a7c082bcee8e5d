// Lists the oddest images in a folder, with a contact sheet and maps of where their bits are:
//
//   npm run build && node examples/odd-images/odd.mjs FOLDER [MODEL] [OUT]
//
// MODEL is an export or a run; by default models/mnist-small.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel, oddPlaces, oddReport } from 'emerging-flows';
import { imagesInMemory, readImageFiles } from 'emerging-flows/data';
import { contactSheet, heatRange, mapPicture } from 'emerging-flows/pictures';

const bundled = fileURLToPath(new URL('../../models/mnist-small', import.meta.url));
const [folder, path = bundled, out = 'odd-images'] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node examples/odd-images/odd.mjs FOLDER [MODEL] [OUT]');
  process.exit(2);
}

const model = await loadModel(path);
const { imageShape } = model;
const size = imageShape[0] * imageShape[1] * imageShape[2];
const { names, pixels, skipped } = await readImageFiles([folder], imageShape, { resize: true });
const { reference } = model;
const report = await oddReport(model, imagesInMemory(pixels, imageShape), reference);
const oddest = report.images.slice(0, 20);
for (const { index, score, pValue, bitsPerDim } of oddest) {
  const p = pValue.toFixed(4);
  console.log(
    `${names[index]}\t${report.score} ${score.toFixed(2)}\tp ${p}\t${bitsPerDim.toFixed(3)} bits/dim`,
  );
}

const chosen = new Uint8Array(oddest.length * size);
oddest.forEach(({ index }, place) => {
  chosen.set(pixels.subarray(index * size, (index + 1) * size), place * size);
});
// As the places of the validation images were measured.
const { draws, seed } = reference;
const map = await model.bitsMap(chosen, { draws, seed, noiseByContent: true });
const places = oddPlaces(map, reference.places);
const range = heatRange(map);
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'sheet.png'), contactSheet(chosen, { imageShape, columns: 5 }));
const area = imageShape[0] * imageShape[1];
oddest.forEach((_, place) => {
  const image = chosen.subarray(place * size, (place + 1) * size);
  const shares = map.data.subarray(place * area, (place + 1) * area);
  const name = `map-${String(place + 1).padStart(2, '0')}.png`;
  const deviations = {
    map: places.map.data.subarray(place * area, (place + 1) * area),
    frames: places.oddest[place],
  };
  writeFileSync(join(out, name), mapPicture(image, shares, { imageShape, range, deviations }));
});
console.log(`${names.length} images, ${skipped.length} skipped; pictures in ${out}`);
await model.release();
