// A compressed file that every later version must decode, and write again byte by byte: its version of the format is 1.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { firstImages, readAll } from '../data/contract/dataset.ts';
import { openSplit } from '../data/registry.ts';
import { loadTrained } from '../trained/loading/loadTrained.ts';
import { compress, type NamedImage } from './compress.ts';
import { decompress } from './decompress.ts';

it('decodes and writes digits of models/mnist as ever', async () => {
  const model = await loadTrained('models/mnist');
  const pixels = readAll(firstImages(await openSplit('mnist', 'test', { validation: 0 }), 12));
  const digits = Array.from(
    { length: 12 },
    (_, index): NamedImage => ({
      name: `digit-${String(index).padStart(2, '0')}.png`,
      shape: [28, 28, 1],
      pixels: pixels.slice(index * 784, (index + 1) * 784),
    }),
  );
  const file = new Uint8Array(readFileSync(new URL('fixtures/digits.eflow', import.meta.url)));
  expect(await decompress(file, { model })).toEqual({ images: digits, damaged: [] });
  expect(await compress(model, digits, { block: 8, withModel: false })).toEqual(file);
});
