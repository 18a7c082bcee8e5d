// Compressed files that every later version must decode: `fixtures/makeFiles.mjs` made them.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { inMemory } from '../../data/files/fileStore.ts';
import { compress } from './compress.ts';
import { openCompressed } from './compressedFile.ts';
import { decompress } from './decompress.ts';
import { readHeader } from './file/header.ts';

/** Of each file: the SHA-256 of the names, shapes and pixels of its images, and how it was made. */
const files: [string, number, string, { block: number; tiles?: boolean }][] = [
  ['affine.eflow', 30, 'b33f91e2e3541a5156b6c01823f2cf6515e534f620054fd7e0caaa60efbbda4f', { block: 20 }],
  ['mixture.eflow', 30, 'b33f91e2e3541a5156b6c01823f2cf6515e534f620054fd7e0caaa60efbbda4f', { block: 30 }],
  [
    'tiles.eflow',
    12,
    '5586dd2311b1d95acad8bc2636130e58f3ddbb1e97be9fbfe953a275438cb768',
    { block: 24, tiles: true },
  ],
];

it.each(files)('decodes %s as ever, and writes it again', async (name, count, sha256, options) => {
  const file = new Uint8Array(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));
  const { images, damaged } = await decompress(file);
  expect({ damaged, count: images.length }).toEqual({ damaged: [], count });
  const hash = createHash('sha256');
  for (const { name: image, shape, pixels } of images) {
    hash.update(`${image} ${shape.join('x')}\n`).update(pixels);
  }
  expect(hash.digest('hex')).toBe(sha256);
  // A change that writes other bytes needs a new version of the format, and this file its decoder. The model is left out: it
  // would be rounded for the images.
  const { model, header } = await openCompressed(inMemory(file, name), name);
  const again = await compress(model, images, { ...options, withModel: false });
  const { end } = await readHeader(inMemory(again, name), name);
  expect(Buffer.from(again.subarray(end)).equals(file.subarray(header.end))).toBe(true);
});
