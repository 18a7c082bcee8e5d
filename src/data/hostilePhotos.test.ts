// Small files that would take seconds or gigabytes to decode are refused by their headers.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import {
  gifOfFrames,
  jpegOfScans,
  tiffOfLargeTiles,
  tiffOfOverlappingStrips,
  tiffOfPages,
} from '../testing/hostile/hostilePhotos.ts';
import { fixture } from './fixtures/formula.ts';
import { decodeImage } from './formats/imageDecoding.ts';
import { largestImage } from './formats/photoCost.ts';
import { countScans } from './formats/photoHeader.ts';

/** An AVIF file with the size that its header gives, or the type of its item, changed. */
function avifWith(change: (file: Buffer) => void): Uint8Array {
  const file = Buffer.from(readFileSync(fixture('small.avif')));
  change(file);
  return file;
}

it.each<[string, () => Uint8Array, RegExp]>([
  [
    'an AVIF file of 2 kB that takes 2.4 GB',
    () => readFileSync(fixture('enormous.avif')),
    /^x: 11500x11500 pixels take 2523 MiB to decode in this format, at most 768; make the image smaller$/,
  ],
  [
    'an AVIF file with the size of a larger image',
    () =>
      avifWith((file) => {
        const offset = file.indexOf('ispe');
        file.writeUInt32BE(9_000, offset + 8);
        file.writeUInt32BE(9_000, offset + 12);
      }),
    /^x: 9000x9000 pixels take 1545 MiB/,
  ],
  [
    'an AVIF file with an overlay',
    () => avifWith((file) => file.write('iovl', file.indexOf('infe') + 12)),
    /^x: corrupt: .*; use another copy$/,
  ],
  [
    'a TIFF file whose JPEG strips overlap',
    tiffOfOverlappingStrips,
    /^x: corrupt: its tiles or strips overlap/,
  ],
  ['a JPEG file of 101 scans', () => jpegOfScans(16, 101), /^x: 16x16 pixels in more than 100 scans take/],
  [
    'a JPEG file of many scans of many pixels',
    () => jpegOfScans(5000, 100),
    /^x: 5000x5000 pixels in 100 scans/,
  ],
  [
    'a JPEG file of 70 MiB of comments',
    () => {
      const comment = Buffer.alloc(2 ** 16 + 1);
      comment.write('fffeffff', 'hex');
      const file = jpegOfScans(16, 1);
      return Buffer.concat([file.subarray(0, 2), ...Array<Buffer>(1120).fill(comment), file.subarray(2)]);
    },
    /^x: corrupt: it has more than 67108864 bytes besides its pixels/,
  ],
  [
    'a JPEG file of 65,536 segments, which a decoder would keep',
    () => {
      const file = jpegOfScans(16, 1);
      const segments = Buffer.alloc(2 ** 18, '\u00ff\u00e1\0\u0002', 'latin1');
      return Buffer.concat([file.subarray(0, 2), segments, file.subarray(2)]);
    },
    /^x: corrupt: it has more than 65536 parts/,
  ],
  [
    'a WebP file of a million empty chunks',
    () => {
      const file = readFileSync(fixture('lossless.webp'));
      return Buffer.concat([file, new Uint8Array(2 ** 23)]);
    },
    /^x: corrupt: it has more than 65536 parts/,
  ],
  ['a GIF file of 100,000 frames', () => gifOfFrames(100_000), /^x: corrupt: it has more than 4096 frames/],
  ['a TIFF file of 10,000 pages', () => tiffOfPages(10_000), /^x: corrupt: it has more than 4096 frames/],
  [
    'a TIFF file of large tiles',
    tiffOfLargeTiles,
    /^x: (20x24 pixels take \d+ MiB|corrupt: .*tile size out of range)/,
  ],
])('refuses %s', async (_, content, message) => {
  const bytes = content();
  await expect(decodeImage(bytes, 'x')).rejects.toThrow(message);
});

it('refuses an AVIF file of tiles, which says its size in another place', () => {
  const tiles = avifWith((file) => file.write('grid', file.indexOf('infe') + 12));
  expect(() => largestImage(tiles)).toThrow('it has an item of type "grid"');
});

it('reads files within the limits', async () => {
  const { width, height } = await decodeImage(jpegOfScans(16, 100), 'x');
  expect([width, height, countScans(jpegOfScans(16, 57))]).toEqual([16, 16, 57]);
  expect((await decodeImage(gifOfFrames(100), 'x')).notes).toEqual(['first of several frames']);
  expect((await decodeImage(tiffOfPages(100), 'x')).notes).toEqual(['first of several frames']);
  for (const name of ['still.gif', 'plain.tiff', 'tiled.tiff', 'jpeg.tiff', 'small.avif', 'deep.avif']) {
    expect(await decodeImage(readFileSync(fixture(name)), name)).toMatchObject({ width: 24, height: 20 });
  }
});

it('counts scans after bytes that decoders skip', () => {
  const file = jpegOfScans(16, 7);
  const filled = new Uint8Array(2 ** 27).fill(0xff);
  filled.set(file.subarray(0, 2));
  const begin = process.cpuUsage();
  expect(countScans(Buffer.concat([filled, file.subarray(2)]))).toBe(7);
  // A call for each of these bytes takes many times as long.
  expect(process.cpuUsage(begin).user / 1e6).toBeLessThan(2);
  const padded = Buffer.concat([file.subarray(0, 2), Buffer.from([1, 2, 0xff, 0xff]), file.subarray(2)]);
  expect(countScans(padded)).toBe(7);
  expect(countScans(file.subarray(0, -2))).toBe(7);
  expect(countScans(new Uint8Array())).toBe(0);
});
