// Pictures of a run whose folder has files of others in it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { decode, encode } from 'fast-png';
import { afterAll, expect, it } from 'vitest';
import { contactSheet } from '../../pictures/contactSheet.ts';
import { runPaths } from '../../runs/folder/runFolder.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import { drawSamples, samplesPath } from './runPictures.ts';

const folder = mkdtempSync(join(tmpdir(), 'run-pictures-'));
afterAll(() => rmSync(folder, { recursive: true }));

const paths = runPaths(folder);
const imageShape = [2, 2, 1] as const;
const model = {
  imageShape,
  model: { imageShape, options: {} },
  classes: [],
  sample: ({ count }: { count: number }) => Promise.resolve(new Uint8Array(4 * count).fill(7)),
} as unknown as FlowModel;

it('stacks the first rows of all sheets, and decompresses none beyond the size in its header', async () => {
  await drawSamples(model, 20, paths);
  const { height: one } = decode(readFileSync(join(paths.samples, 'over-time.png')));
  writeFileSync(samplesPath(paths, 1), contactSheet(new Uint8Array(4 * 64), { imageShape }));
  await drawSamples(model, 20, paths);
  const { height, width, channels, data } = decode(readFileSync(join(paths.samples, 'over-time.png')));
  expect([channels, height]).toEqual([1, 2 * one + 2]);
  expect([data[0], data[width * (height - 1)]]).toEqual([0, 7]);

  const large = encode({ width: 4096, height: 4096, channels: 1, data: new Uint8Array(2 ** 24) });
  const view = new DataView(large.buffer, large.byteOffset);
  view.setUint32(16, 1);
  view.setUint32(20, 1);
  view.setUint32(29, crc32(large.subarray(12, 29)));
  writeFileSync(samplesPath(paths, 2), large);
  await expect(drawSamples(model, 20, paths)).rejects.toThrow(/step-00000002\.png: corrupt/);
});
