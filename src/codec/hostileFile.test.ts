// Compressed files whose checksums are right and whose contents are not: refused, or read in little time and memory.
import { beforeAll, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { inMemory } from '../storage/randomAccess.ts';
import { hostileCompressedFiles } from '../testing/hostile/compressedFiles.ts';
import { ownPeak, resetPeak } from '../testing/hostile/processUsage.ts';
import { randomModel } from '../testing/randomModel.ts';
import { compress } from './compress.ts';
import { listImages, openCompressed } from './compressedFile.ts';
import { imagesFrom } from './decompress.ts';
import { encodeHeader, readHeader } from './file/header.ts';

/** Limits for a file: processor time in seconds, and bytes of memory beyond those already in use. */
const limits = { seconds: 5, bytes: 2 ** 29 };

const model = randomModel([8, 8, 1], { mixing: '1x1' }, 0.1);
const sound = { name: 'a', shape: [8, 8, 1] as const, pixels: new Uint8Array(64) };
let start: Uint8Array;
beforeAll(async () => {
  const bytes = await compress(model, [sound], { withModel: false });
  const { end } = await readHeader(inMemory(bytes, 'f'), 'f');
  start = bytes.subarray(0, end);
});

it.each([...hostileCompressedFiles(new Uint8Array()).keys()])(
  '%s yields no image, in little time and memory',
  async (name) => {
    const bytes = hostileCompressedFiles(start).get(name)!();
    const access = inMemory(bytes, 'f');
    const damaged: string[] = [];
    resetPeak();
    const [before, used] = [ownPeak(), process.cpuUsage()];
    const listing = await listImages({ bytes: access, header: await readHeader(access, 'f'), source: 'f' });
    let images = 0;
    for await (const _ of imagesFrom(await openCompressed(access, 'f', model), {
      onDamage: (line) => damaged.push(line),
    })) {
      images++;
    }
    const { user, system } = process.cpuUsage(used);
    expect(images).toBe(0);
    expect(damaged.length).toBeGreaterThan(0);
    expect(listing.images.length).toBeLessThanOrEqual(2000);
    for (const line of [...damaged, ...listing.damaged]) {
      expect(line).not.toContain('\n');
    }
    expect((user + system) / 1e6).toBeLessThan(limits.seconds);
    expect(ownPeak() - before).toBeLessThan(limits.bytes);
  },
);

it.each<[string, unknown]>([
  ['an image shape of nothing', { imageShape: [0, 8, 1] }],
  ['an endless image shape', { imageShape: [2 ** 53, 8, 1] }],
  ['an image shape with half a row', { imageShape: [8.5, 8, 1] }],
  ['an image shape of two numbers', { imageShape: [8, 8] }],
  ['tiles that are a number', { tiles: 1 }],
  ['a model that is a list', { model: [] }],
])('a header with %s is refused', async (_, changes) => {
  const { model: fingerprint, imageShape, runtime, tiles } = await readHeader(inMemory(start, 'f'), 'f');
  const header = { model: fingerprint, imageShape, runtime, tiles, ...(changes as object) };
  const bytes = encodeHeader(header, undefined);
  await expect(readHeader(inMemory(bytes, 'f'), 'f')).rejects.toThrow(UserError);
});

it('images whose names are too long for a block are refused', async () => {
  const name = (index: number): string => `${index}${'ü'.repeat(5_000_000)}`;
  const images = Array.from({ length: 4 }, (_, index) => ({ ...sound, name: name(index) }));
  await expect(compress(model, images)).rejects.toThrow(
    /^the names of the images in block 0 take \d+ bytes \(limit 4194304\): use a smaller block: 'N'/,
  );
});
