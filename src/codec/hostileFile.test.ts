// Compressed files whose checksums are right and whose contents are not: refused, or read in little time and memory.
import { beforeAll, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { joinBytes } from '../platform/joinBytes.ts';
import { inMemory } from '../storage/randomAccess.ts';
import { ownPeak, resetPeak } from '../testing/hostile/processUsage.ts';
import { randomModel } from '../testing/randomModel.ts';
import { compress } from './compress.ts';
import { listImages, openCompressed } from './compressedFile.ts';
import { imagesFrom } from './decompress.ts';
import { encodeHeader, readHeader } from './file/header.ts';
import { encodeRecord } from './file/records.ts';

/** What a file may take: processor time in seconds, and bytes of memory besides those in use. */
const limits = { seconds: 5, bytes: 2 ** 29 };

const model = randomModel([8, 8, 1], { mixing: '1x1' }, 0.1);
const sound = { name: 'a', shape: [8, 8, 1] as const, pixels: new Uint8Array(64) };
let start: Uint8Array;
beforeAll(async () => {
  const bytes = await compress(model, [sound], { withModel: false });
  const { end } = await readHeader(inMemory(bytes, 'f'), 'f');
  start = bytes.subarray(0, end);
});

/** A block with a description and so many bytes, and the end of the file. */
function file(about: unknown, bytes = 71): Uint8Array {
  const text = typeof about === 'string' ? about : JSON.stringify(about);
  const block = encodeRecord({ kind: 'block', number: 0, about: text, bytes: new Uint8Array(bytes) });
  const end = encodeRecord({
    kind: 'end',
    number: 1,
    about: '{"blocks":1,"images":1}',
    bytes: new Uint8Array(),
  });
  return joinBytes([start, block, end]);
}

const about = { first: 0, names: ['a'], runs: [[0, 1]], pixels: '0123456789abcdef' };
const long = 'a'.repeat(1000);

it.each<[string, () => Uint8Array]>([
  [
    'names without end',
    () => file({ ...about, names: [[`${long} 00000000`, 2 ** 24]], runs: [[0, 2 ** 24]] }),
  ],
  ['long names without end', () => file({ ...about, names: [[`${long.repeat(20)}0000000`, 2 ** 22]] })],
  [
    'names that share a long start',
    () => file({ ...about, names: [long.repeat(50), ...Array(1999).fill([50_000, 'b'])], runs: [[0, 2000]] }),
  ],
  ['more names than images', () => file({ ...about, names: ['a', 'b'] })],
  ['a name of digits', () => file({ ...about, names: [['1'.repeat(200_000), 2]], runs: [[0, 2]] })],
  [
    'a name of letters and digits',
    () => file({ ...about, names: [['1a'.repeat(100_000), 2]], runs: [[0, 2]] }),
  ],
  ['a negative shared length', () => file({ ...about, names: ['abc', [-1, 'a']], runs: [[0, 2]] })],
  ['half a shared character', () => file({ ...about, names: ['abc', [0.5, 'a']], runs: [[0, 2]] })],
  [
    'more shared characters than there are',
    () => file({ ...about, names: ['abc', [4, 'a']], runs: [[0, 2]] }),
  ],
  ['an entry of three', () => file({ ...about, names: [['a', 1, 1]] })],
  ['a count of half an image', () => file({ ...about, names: [['a1', 0.5]] })],
  ['no count', () => file({ ...about, names: [['a1', 0]] })],
  ['names that are an object', () => file({ ...about, names: { length: 1, 0: 'a' } })],
  [
    'nested names',
    () => file(`{"first":0,"names":${'['.repeat(2e6)}${']'.repeat(2e6)},"runs":[[0,1]],"pixels":""}`),
  ],
  [
    'a million runs',
    () => file(`{"first":0,"names":["a"],"runs":[${'[1,1],'.repeat(6e5)}[1,1]],"pixels":""}`),
  ],
  ['runs of text', () => file(`{"first":0,"names":["a"],"runs":[${'"",'.repeat(1.2e6)}0],"pixels":""}`)],
  ['a run without end', () => file({ ...about, runs: [[0, Number.MAX_SAFE_INTEGER]] })],
  [
    'a run of -1 images',
    () =>
      file({
        ...about,
        runs: [
          [0, -1],
          [0, 2],
        ],
      }),
  ],
  ['a batch of a thousand', () => file({ ...about, names: [['0000', 1000]], runs: [[1000, 1]] })],
  [
    'shapes of nothing',
    () => file(`{"first":0,"names":["a"],"shapes":[${'0,'.repeat(2e6)}0],"runs":[[0,1]],"pixels":""}`),
  ],
  ['a shape of another size', () => file({ ...about, shapes: [[65_535, 65_535, 3, 1]] })],
  ['a shape without pixels', () => file({ ...about, shapes: [[0, 8, 1, 1]] })],
  ['too few shapes', () => file({ ...about, shapes: [] })],
  ['a position before the first', () => file({ ...about, first: -1 })],
  ['a position beyond whole numbers', () => file({ ...about, first: 1e300 })],
  ['no bytes', () => file(about, 0)],
  ['half a word', () => file(about, 8)],
  ['more bytes than its image', () => file(about, 2 ** 24)],
  ['a block of nothing', () => file('null')],
  [
    'marks without records',
    () =>
      joinBytes([start, Uint8Array.from({ length: 2 ** 22 }, (_, i) => [0xef, 0x6c, 0x0d, 0x0a][i % 4]!)]),
  ],
  ['the first byte of marks', () => joinBytes([start, new Uint8Array(2 ** 22).fill(0xef)])],
])('%s yields no image, in little time and memory', async (_, make) => {
  const bytes = make();
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
});

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
