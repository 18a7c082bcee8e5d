// Pictures of a run whose folder has files of others in it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { decode, encode } from 'fast-png';
import { expect, it } from 'vitest';
import { contactSheet } from '../../data/pictures/contactSheet.ts';
import type { FlowModel } from '../../model/flowModel.ts';
import { runPaths } from '../../runs/folder/runFolder.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { drawSamples, samplesPath } from './runPictures.ts';

const folder = temporaryFolder();
const paths = runPaths(folder);
const imageShape = [2, 2, 3] as const;
const model = {
  imageShape,
  model: { imageShape, options: {}, condition: {} },
  classes: [],
  sample: ({ count }: { count: number }) => Promise.resolve(new Uint8Array(12 * count).fill(7)),
} as unknown as FlowModel;

it('stacks the first rows of sheets of one width, and decompresses none beyond the size in its header', async () => {
  await drawSamples(model, 20, paths);
  const { height: sheetHeight } = decode(readFileSync(join(paths.samples, 'over-time.png')));
  writeFileSync(samplesPath(paths, 1), contactSheet(new Uint8Array(12 * 64), { imageShape }));
  writeFileSync(samplesPath(paths, 3), contactSheet(new Uint8Array(12 * 64), { imageShape, columns: 3 }));
  // Of a step that is trained again.
  writeFileSync(samplesPath(paths, 21), contactSheet(new Uint8Array(12 * 64), { imageShape }));
  await drawSamples(model, 20, paths);
  const { height, width, channels, data } = decode(readFileSync(join(paths.samples, 'over-time.png')));
  expect([channels, height]).toEqual([3, 2 * sheetHeight + 2]);
  const line = 3 * width;
  expect([data[0], data[line * sheetHeight], data[line * (height - 1)]]).toEqual([0, 128, 7]);

  const large = encode({ width: 4096, height: 4096, channels: 1, data: new Uint8Array(2 ** 24) });
  const view = new DataView(large.buffer, large.byteOffset);
  view.setUint32(16, 1);
  view.setUint32(20, 1);
  view.setUint32(29, crc32(large.subarray(12, 29)));
  writeFileSync(samplesPath(paths, 2), large);
  await expect(drawSamples(model, 20, paths)).rejects.toThrow(/step-00000002\.png: corrupt/);
});
