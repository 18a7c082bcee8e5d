// Compressed files whose checksums are right and whose contents are not: refused, or read in little time and memory.
import { beforeAll, expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { joinBytes } from '../../core/numeric/arrays.ts';
import { inMemory, type RandomAccess } from '../../data/files/fileStore.ts';
import { crc32 } from '../../data/formats/compression.node.ts';
import { randomModel } from '../../testing/randomModel.ts';
import { compress } from './compress.ts';
import { listImages, openCompressed, readExtent } from './compressedFile.ts';
import { imagesFrom } from './decompress.ts';
import { blockAbout, endAbout } from './file/abouts.ts';
import { encodeHeader, readHeader } from './file/header.ts';
import { encodeRecord, recordsIn } from './file/records.ts';

const model = randomModel([8, 8, 1], { mixing: '1x1' }, 0.1);
const sound = { name: 'a', shape: [8, 8, 1] as const, pixels: new Uint8Array(64) };
let start: Uint8Array;
beforeAll(async () => {
  const bytes = await compress(model, [sound], { withModel: false });
  const { end } = await readHeader(inMemory(bytes, 'f'), 'f');
  start = bytes.subarray(0, end);
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

/** A file, and how much of it has been read. */
function counted(file: RandomAccess): { access: RandomAccess; read: { bytes: number; calls: number } } {
  const read = { bytes: 0, calls: 0 };
  return {
    read,
    access: {
      size: file.size,
      read(offset, length) {
        read.bytes += length;
        read.calls++;
        return file.read(offset, length);
      },
    },
  };
}

const nothing = new Uint8Array(0);

/** A block of `each` images with numbers as names, and a byte for each. */
function numberedBlock(number: number, each: number, first = number * each): Uint8Array {
  const names = Array.from({ length: each }, (_, index) => String(number * each + index).padStart(7, '0'));
  const shapes = names.map(() => sound.shape);
  const runs = [{ batch: 0, count: each }];
  const about = blockAbout({ first, names, shapes, runs, pixels: nothing }, sound.shape);
  return encodeRecord({ kind: 'block', number, about, bytes: new Uint8Array(each) });
}

function encodeEnd(blocks: number, images: number): Uint8Array {
  return encodeRecord({ kind: 'end', number: blocks, about: endAbout({ blocks, images }), bytes: nothing });
}

it.each(['block', 'end'] as const)('short records of the kind %s are read many at a time', async (kind) => {
  const records = Array.from({ length: 20_000 }, (_, number) =>
    encodeRecord({ kind, number, about: '{}', bytes: nothing }),
  );
  const bytes = joinBytes([start, ...records]);
  const { access, read } = counted(inMemory(bytes, 'f'));
  await listImages({ bytes: access, header: await readHeader(access, 'f'), source: 'f' });
  expect(read.bytes).toBeLessThan(1.1 * bytes.length);
  expect(read.calls).toBeLessThan(100);
  for await (const _ of imagesFrom(await openCompressed(access, 'f', model))) {
    expect.unreachable();
  }
  expect(read.bytes).toBeLessThan(2.2 * bytes.length);
});

it('the names of blocks without any wanted image are not unpacked', async () => {
  const [blocks, each] = [8, 2000];
  const records = Array.from({ length: blocks }, (_, number) => numberedBlock(number, each));
  const access = inMemory(joinBytes([start, ...records, encodeEnd(blocks, blocks * each)]), 'f');
  const header = await readHeader(access, 'f');
  const askedPositions: number[] = [];
  const isWanted = (_: string, position: number): boolean => {
    askedPositions.push(position);
    return position === 2 * each;
  };
  const mayInclude = (first: number, count: number): boolean => first <= 2 * each && first + count > 2 * each;
  const listing = await listImages({ bytes: access, header, source: 'f' }, isWanted, mayInclude);
  expect(listing.images.map(({ name }) => name)).toEqual(['0004000']);
  expect(listing.blocks.map(({ images }) => images)).toEqual(Array(blocks).fill(each));
  const expectedPositions = Array.from({ length: each }, (_, index) => 2 * each + index);
  expect(askedPositions.splice(0)).toEqual(expectedPositions);
  const damaged: string[] = [];
  for await (const _ of imagesFrom(await openCompressed(access, 'f', model), {
    only: isWanted,
    mayInclude,
    onDamage: (line) => damaged.push(line),
  })) {
    expect.unreachable();
  }
  expect(askedPositions).toEqual(expectedPositions);
  expect(damaged[0]).toContain("block 2 can't be decoded (0004000, 0004001");
});

it('a damaged block without any wanted image is reported by its positions', async () => {
  const record = numberedBlock(1, 5);
  record[record.length - 1]! ^= 1;
  const access = inMemory(joinBytes([start, numberedBlock(0, 5), record, encodeEnd(2, 10)]), 'f');
  const header = await readHeader(access, 'f');
  const { damaged } = await listImages(
    { bytes: access, header, source: 'f' },
    undefined,
    (first) => first === 0,
  );
  expect(damaged).toEqual([
    'f: block 1 is damaged: 5 images are lost: positions 5 to 9',
    'f: 5 of 10 images are missing',
  ]);
});

/** The records of a file of 18 images in three blocks. */
async function threeBlocks(): Promise<Uint8Array[]> {
  const images = Array.from({ length: 18 }, (_, index) => ({ ...sound, name: String(index) }));
  const bytes = await compress(model, images, { withModel: false, block: 6 });
  const records: Uint8Array[] = [];
  for await (const record of recordsIn(inMemory(bytes, 'f'), start.length)) {
    records.push(bytes.subarray(record.start, record.end));
  }
  return records;
}

const positions = (first: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => String(first + index));

it.each<[string, (blocks: Uint8Array[], end: Uint8Array) => Uint8Array[], string[], string[]]>([
  [
    'two blocks with the same number',
    ([a, b, c], end) => [a!, b!, numberedBlock(1, 6), c!, end],
    positions(0, 18),
    ['f: block 1 is there twice or out of order: the later one was left out'],
  ],
  [
    'blocks in reverse',
    ([a, b, c], end) => [c!, b!, a!, end],
    positions(12, 6),
    [
      'f: blocks 0 to 1 are damaged: the images at positions 0 to 11 are lost',
      'f: 2 blocks are there twice or out of order: the later ones, first a block 1, were left out',
      'f: 12 of 18 images are missing',
    ],
  ],
  [
    'a block whose images overlap those before',
    ([a, , c], end) => [a!, numberedBlock(1, 6, 3), c!, end],
    [...positions(0, 6), ...positions(12, 6)],
    ['f: block 1 is damaged: the images at positions 6 to 11 are lost', 'f: 6 of 18 images are missing'],
  ],
  [
    'a last block whose position is near the largest number',
    ([a, b], end) => [a!, b!, numberedBlock(2, 6, 9007199254740980), end],
    positions(0, 12),
    ['f: block 2 is damaged: the images at positions 12 to 17 are lost', 'f: 6 of 18 images are missing'],
  ],
  [
    'a first block whose position is near the largest number',
    ([, b, c], end) => [numberedBlock(0, 6, 9007199254740980), b!, c!, end],
    positions(6, 12),
    ['f: block 0 is damaged: the images at positions 0 to 5 are lost', 'f: 6 of 18 images are missing'],
  ],
  [
    'an end of 9e15 images',
    (blocks) => [...blocks, encodeEnd(3, 9e15)],
    positions(0, 18),
    ['f: its end is damaged or missing: images from position 18 on are lost, if there were any'],
  ],
  [
    'an end of fewer images than its blocks have',
    (blocks) => [...blocks, encodeEnd(3, 12)],
    positions(0, 18),
    ['f: its end is damaged or missing: images from position 18 on are lost, if there were any'],
  ],
])('%s are reported', async (_, change, names, problems) => {
  const records = await threeBlocks();
  const bytes = joinBytes([start, ...change(records.slice(0, 3), records[3]!)]);
  const access = inMemory(bytes, 'f');
  const listing = await listImages({ bytes: access, header: await readHeader(access, 'f'), source: 'f' });
  expect(listing.images.map(({ name, position }) => [name, position])).toEqual(
    names.map((name) => [name, Number(name)]),
  );
  const damaged: string[] = [];
  const file = await openCompressed(access, 'f', model);
  const returned: string[] = [];
  for await (const { name } of imagesFrom(file, { onDamage: (line) => damaged.push(line) })) {
    returned.push(name);
  }
  expect({ returned, damaged, listed: listing.damaged }).toEqual({
    returned: names,
    damaged: problems,
    listed: problems,
  });
});

it('a number of images that the blocks cannot hold is not believed', async () => {
  const countIn = async (images: number): Promise<number | undefined> => {
    const access = inMemory(joinBytes([start, numberedBlock(0, 6), encodeEnd(1, images)]), 'f');
    return (await readExtent(await openCompressed(access, 'f', model))).count;
  };
  expect(await countIn(6)).toBe(6);
  expect(await countIn(9e15)).toBeUndefined();
});

it.each([
  ['of one image', { first: 0, names: ['a'], runs: [[0, 1]], pixels: '' }],
  [
    'of more values than any block has',
    { first: 0, names: [['0000000', 2e6]], runs: [[8, 1e6]], pixels: '' },
  ],
])('a block of 4 GiB %s is not hashed', async (_, about) => {
  // As large as the largest one, where only the head has to be right.
  const record = encodeRecord({ kind: 'block', number: 0, about: JSON.stringify(about), bytes: nothing });
  const view = new DataView(record.buffer);
  view.setUint32(16, 2 ** 32 - 1, true);
  view.setUint32(28, crc32(record.subarray(0, 28)), true);
  const beginning = joinBytes([start, record]);
  const { access, read } = counted({
    size: beginning.length + 2 ** 32 - 1,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      bytes.set(beginning.subarray(offset, offset + length));
      return bytes;
    },
  });
  const { damaged } = await listImages({ bytes: access, header: await readHeader(access, 'f'), source: 'f' });
  expect(damaged[0]).toBe('f: block 0 is damaged: the images from position 0 on are lost');
  expect(read.bytes).toBeLessThan(2 ** 20);
});

it('the model in a file is hashed once, and read once', async () => {
  const bytes = await compress(model, [sound]);
  const { access, read } = counted(inMemory(bytes, 'f'));
  for await (const _ of imagesFrom(await openCompressed(access, 'f'))) {
    // Only what is read counts.
  }
  // Its own header is read once more.
  expect(read.bytes).toBeLessThan(2.5 * bytes.length);
});
