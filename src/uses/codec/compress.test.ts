// Compressed files: what returns from them, in what order, and what damage costs.
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { countDimensions, type ImageShape, joinBytes } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { inMemory } from '../../data/files/fileStore.ts';
import { weightsBytes } from '../../model/loading/exportFiles.ts';
import type { TrainedModel } from '../../model/trainedModel.ts';
import { ThreadPool } from '../../tensor/engine/threads/index.ts';
import { randomModel } from '../../testing/randomModel.ts';
import { tinyImages } from '../../testing/tinyImages.ts';
import { type BlockCoders, localCoders } from './blocks.ts';
import { compress, compressParts } from './compress.ts';
import { type Listing, listImages, openCompressed } from './compressedFile.ts';
import { decompress, imagesBy } from './decompress.ts';
import { readHeader } from './file/header.ts';
import { recordsIn } from './file/records.ts';
import type { NamedImage } from './namedImage.ts';

/** How many random damages are tried. */
const DAMAGES = Number(process.env.DAMAGES ?? 300);

const grey: ImageShape = [8, 8, 1];

/** Small images, with names that are numbered, in folders, or neither. */
function namedImages(count: number, seed = 0): NamedImage[] {
  const pixels = tinyImages(count, 8, seed);
  return Array.from({ length: count }, (_, index) => ({
    name: index % 7 === 3 ? `folder/é ${index}.png` : `digit-${String(index).padStart(3, '0')}.png`,
    shape: grey,
    pixels: pixels.slice(index * 64, (index + 1) * 64),
  }));
}

function colourImage(name: string, height: number, width: number): NamedImage {
  const shape: ImageShape = [height, width, 3];
  const pixels = Uint8Array.from(
    { length: countDimensions(shape) },
    (_, index) => (index * 7 + (index >> 5)) % 256,
  );
  return { name, shape, pixels };
}

describe('compressed images', () => {
  const model = randomModel(grey, { mixing: 'emerging' }, 0.1);

  it('are sent to threads block by block, without the rest of the file', async () => {
    const bytes = await compress(model, namedImages(23), { block: 5 });
    const ask = vi.spyOn(ThreadPool.prototype, 'ask');
    try {
      await decompress(bytes, { workers: 2 });
      const blocks = ask.mock.calls.map(
        ([request]) => (request as { decode: { bytes: Uint8Array } }).decode.bytes,
      );
      expect(blocks).toHaveLength(5);
      expect(blocks.map(({ buffer }) => buffer.byteLength)).toEqual(blocks.map(({ length }) => length));
    } finally {
      ask.mockRestore();
    }
  });

  it.each([0, 1, 23])('return in order with their names: %d', async (count) => {
    const images = namedImages(count);
    const bytes = await compress(model, images, { block: 10 });
    expect(await decompress(bytes)).toEqual({ images, damaged: [] });
  });

  it('give the same file again, and a smaller one without the model', async () => {
    const images = namedImages(12);
    const [first, again, without] = await Promise.all([
      compress(model, images),
      compress(model, images),
      compress(model, images, { withModel: false }),
    ]);
    expect(again).toEqual(first);
    expect(without!.length).toBeLessThan(first.length - 500);
    expect((await decompress(without!, { model })).images).toEqual(images);
    await expect(decompress(without!)).rejects.toThrow(
      "the file doesn't contain its model: name it with model: 'MODEL'",
    );
  });

  it('are counted with all that the file contains', async () => {
    const parts = compressParts(model, namedImages(12), { block: 5 });
    let bytes = 0;
    for (;;) {
      const { done, value } = await parts.next();
      if (done) {
        expect(value).toMatchObject({ images: 12, values: 12 * 64, bytes });
        expect(value.modelBytes).toBeGreaterThan(500);
        // Rounded for so few images.
        expect(value.modelBytes).toBeLessThan(weightsBytes(model).length / 5);
        break;
      }
      bytes += value.length;
    }
  });

  it('are the same files from several threads, which also decode them', async () => {
    const images = namedImages(23);
    const bytes = await compress(model, images, { block: 5 });
    let done = 0;
    const onImages = (more: number): void => {
      done += more;
    };
    expect(await compress(model, images, { block: 5, workers: 2, onImages })).toEqual(bytes);
    expect(done).toBe(23);
    expect(await decompress(bytes, { workers: 2 })).toEqual({ images, damaged: [] });
  });

  it('report progress, and stop when told to', async () => {
    const stop = new AbortController();
    let done = 0;
    const onImages = (images: number): void => {
      done += images;
      if (done === 7) {
        stop.abort();
      }
    };
    await expect(compress(model, namedImages(30), { signal: stop.signal, onImages })).rejects.toThrow(
      'abort',
    );
    expect(done).toBe(7);
  });

  it.each([
    [
      [{ ...namedImages(1)[0]!, name: 'wide.png', shape: [8, 9, 1] as const, pixels: new Uint8Array(72) }],
      'wide.png is 8x9x1 grey, but the model takes 8x8x1 grey (height x width x channels): add tiles: true to cut it into tiles',
    ],
    [
      [colourImage('red.png', 8, 8)],
      'red.png is 8x8x3 colour, but the model takes 8x8x1 grey (height x width x channels): use a model for colour images',
    ],
    [
      [colourImage('red.png', 9, 8)],
      'red.png is 9x8x3 colour, but the model takes 8x8x1 grey (height x width x channels): use a model for colour images, and add tiles: true to cut it into tiles',
    ],
  ])('must fit the model', async (images, message) => {
    await expect(compress(model, images)).rejects.toThrow(message);
  });

  const pixels = new Uint8Array(64);
  it.each<[string, unknown, string]>([
    ['no list', namedImages(1)[0], 'compress needs a list of images: [{ name, shape, pixels }, …]'],
    ['no name', [{ shape: [8, 8, 1], pixels }], 'image 0 has no name: set name to a path with /'],
    [
      'a name outside of a folder',
      [{ name: '/data/a.png', shape: [8, 8, 1], pixels }],
      'image 0 (/data/a.png): name must be a path inside a folder, such as digits/7.png',
    ],
    [
      'two dimensions',
      [{ name: 'a', shape: [8, 8], pixels }],
      'image 0 (a): shape must be [height, width, 1 or 3], not [8,8]',
    ],
    [
      'floats',
      [...namedImages(1), { name: 'a', shape: [8, 8, 1], pixels: new Float32Array(64) }],
      'image 1 (a): pixels must be a Uint8Array of 64 values for 8x8x1, not a Float32Array of 64',
    ],
    [
      'too few pixels',
      [{ name: 'a', shape: [8, 8, 1], pixels: new Uint8Array(63) }],
      'image 0 (a): pixels must be a Uint8Array of 64 values for 8x8x1, not a Uint8Array of 63',
    ],
    [
      'no pixels',
      [{ name: 'a', shape: [8, 8, 1] }],
      'image 0 (a): pixels must be a Uint8Array of 64 values for 8x8x1, not undefined',
    ],
  ])('of a program are refused with a reason: %s', async (_, images, message) => {
    await expect(compress(model, images as NamedImage[])).rejects.toThrow(
      expect.objectContaining({ code: 'invalid-argument', message }),
    );
  });

  it('are refused with a model that cannot, before any is read', async () => {
    const reading = {
      [Symbol.asyncIterator](): AsyncIterator<NamedImage> {
        expect.fail('images are read');
      },
    };
    await expect(compress(randomModel(grey, { mixing: 'periodic' }), reading)).rejects.toThrow(
      "the model can't compress images: its layer 'periodic'",
    );
  });

  it('come back grey from a colour model, and in colour from a grey one', async () => {
    const colour = randomModel([8, 8, 3], { mixing: '1x1' }, 0.1);
    const images = [...namedImages(3), colourImage('c.png', 8, 8)];
    expect((await decompress(await compress(colour, images))).images).toEqual(images);
    const [first] = namedImages(1);
    const colourless = {
      ...first!,
      shape: [8, 8, 3] as const,
      pixels: Uint8Array.from({ length: 192 }, (_, index) => first!.pixels[Math.floor(index / 3)]!),
    };
    expect((await decompress(await compress(model, [colourless]))).images).toEqual([colourless]);
  });

  it('may have any size as tiles', async () => {
    const colour = randomModel([4, 8, 3], { mixing: '1x1' }, 0.1);
    const images = [
      colourImage('a.png', 4, 8),
      colourImage('b/c.png', 9, 5),
      colourImage('b/d.png', 1, 1),
      colourImage('e.png', 12, 24),
    ];
    const counted: number[] = [];
    const onImages = (more: number): void => {
      counted.push(more);
    };
    const bytes = await compress(colour, images, { tiles: true, block: 3, onImages });
    expect(await decompress(bytes, { onImages })).toEqual({ images, damaged: [] });
    // Each image counts once in either direction, in as many parts as it has tiles.
    expect(counted.reduce((sum, more) => sum + more, 0)).toBeCloseTo(8, 6);
    expect(counted).toHaveLength(2 * (1 + 3 + 1 + 9));
  });
});

describe('a file of 23 images', () => {
  const model = randomModel(grey, { mixing: '1x1' }, 0.1);
  const images = namedImages(23);
  let coders: BlockCoders;
  let decoded: number[] = [];
  let bytes: Uint8Array;
  /** The file with other bytes at these places. */
  const changed = (...places: number[]): Uint8Array =>
    bytes.map((byte, place) => (places.includes(place) ? byte ^ 1 : byte));
  beforeAll(async () => {
    const local = await localCoders(model);
    coders = {
      ...local,
      decode(block, work) {
        decoded.push(block.bytes.length);
        return local.decode(block, work);
      },
    };
    bytes = await compress(model, images, { block: 5 });
  });
  afterAll(() => coders.release());

  async function some(
    file: Uint8Array,
    only: (name: string, index: number) => boolean,
  ): Promise<{ found: NamedImage[]; lines: string[]; blocks: number }> {
    decoded = [];
    const [decodedImages, lines]: [NamedImage[], string[]] = [[], []];
    const opened = await openCompressed(inMemory(file, 'f'), 'f', model);
    for await (const image of imagesBy(coders, opened, { only, onDamage: (line) => lines.push(line) })) {
      decodedImages.push(image);
    }
    return { found: decodedImages, lines, blocks: decoded.length };
  }

  it('is decoded without the blocks of other images', async () => {
    const byName = await some(bytes, (name) => name === images[7]!.name);
    expect(byName).toEqual({ found: [images[7]], lines: [], blocks: 1 });
    const byPosition = await some(bytes, (_, index) => index >= 9 && index < 12);
    expect(byPosition).toEqual({ found: images.slice(9, 12), lines: [], blocks: 2 });
    expect(await some(bytes, () => false)).toEqual({ found: [], lines: [], blocks: 0 });
    expect((await decompress(bytes, { only: (_, index) => index === 22 })).images).toEqual([images[22]]);
  });

  it('keeps the positions of images after a damaged block', async () => {
    const damaged = changed((await recordStart(bytes, 1)) + 60);
    const result = await some(damaged, (_, index) => index === 12);
    expect(result.found).toEqual([images[12]]);
    // The byte belongs to a name, which isn't reported then.
    expect(result.lines).toEqual([
      'f: block 1 is damaged: the images at positions 5 to 9 are lost',
      'f: 5 of 23 images are missing',
    ]);
  });

  async function listed(file: Uint8Array): Promise<Listing> {
    const access = inMemory(file, 'f');
    return listImages({ bytes: access, header: await readHeader(access, 'f'), source: 'f' });
  }

  it('is listed without its model', async () => {
    const { images: list, blocks, count, damaged } = await listed(bytes);
    expect(list).toEqual(
      images.map(({ name, shape }, position) => ({ position, name, shape, block: Math.floor(position / 5) })),
    );
    expect(blocks.map((block) => block.images)).toEqual([5, 5, 5, 5, 3]);
    const starts = await Promise.all([0, 1].map((number) => recordStart(bytes, number)));
    expect(blocks[0]).toMatchObject({ bytes: starts[1]! - starts[0]! });
    expect(blocks[0]!.bitsPerDim).toBeCloseTo((8 * blocks[0]!.bytes) / (5 * 64), 9);
    expect({ count, damaged }).toEqual({ count: 23, damaged: [] });
  });

  /** The lines of a damaged file, from listing and from decompressing it. */
  async function damageLines(file: Uint8Array): Promise<readonly string[]> {
    const { damaged } = await listed(file);
    const lines: string[] = [];
    await decompress(file, { model, onDamage: (line) => lines.push(line) });
    expect(lines.map((line) => line.replace(/^the file: /, 'f: '))).toEqual(damaged);
    return damaged;
  }

  it('is listed with the names, or the positions, of what damage has cost', async () => {
    const starts = await Promise.all([0, 1, 2, 3, 4].map((number) => recordStart(bytes, number)));
    expect(await damageLines(changed(starts[1]! - 3))).toEqual([
      `f: block 0 is damaged: 5 images are lost: ${images[0]!.name}, ${images[1]!.name}, ${images[2]!.name} and 2 more`,
      'f: 5 of 23 images are missing',
    ]);
    // The heads of two blocks.
    expect(await damageLines(changed(starts[1]!, starts[2]!))).toEqual([
      'f: blocks 1 to 2 are damaged: the images at positions 5 to 14 are lost',
      'f: 10 of 23 images are missing',
    ]);
    // The last block, and the end.
    expect(await damageLines(bytes.slice(0, starts[4]! + 40))).toEqual([
      'f: block 4 is damaged: the images from position 20 on are lost',
      'f: its end is damaged or missing',
    ]);
    expect(await damageLines(bytes.slice(0, -1))).toEqual([
      'f: its end is damaged or missing: images from position 23 on are lost, if there were any',
    ]);
    expect(await damageLines(joinBytes([bytes, new Uint8Array(7)]))).toEqual([
      'f: 7 bytes after its end were ignored',
    ]);
    expect(await damageLines(changed(starts[0]! - 1))).toEqual(['f: the model in it is damaged']);
  });

  it('ends where its end is: another file after it is not read', async () => {
    const otherFile = await compress(model, namedImages(40, 1), { block: 5 });
    const joined = joinBytes([bytes, otherFile]);
    const { images: decoded, damaged } = await decompress(joined);
    expect(decoded).toEqual(images);
    expect(damaged).toEqual([`the file: ${otherFile.length} bytes after its end were ignored`]);
  });
});

/** Where a block begins in a file. */
async function recordStart(bytes: Uint8Array, wanted: number): Promise<number> {
  const file = inMemory(bytes, 'f');
  const { end } = await readHeader(file, 'f');
  for await (const { number, start } of recordsIn(file, end)) {
    if (number === wanted) {
      return start;
    }
  }
  throw new Error(`no block ${wanted}`);
}

describe('a file that cannot be read', () => {
  const model = randomModel(grey, { mixing: '1x1' }, 0.1);
  let bytes: Uint8Array;
  beforeAll(async () => {
    bytes = await compress(model, namedImages(5), { withModel: false });
  });

  it.each(['', '{"not": "images"}'])('is another kind of file: %j', async (text) => {
    const otherFile = new TextEncoder().encode(text);
    await expect(decompress(otherFile)).rejects.toThrow('the file is not a file of compressed images');
  });

  it('has a newer version', async () => {
    await expect(decompress(bytes.with(8, 2))).rejects.toThrow(
      'the file has version 2 of the format, and this program reads version 1: update the program',
    );
  });

  it('belongs to another model', async () => {
    const otherModel = randomModel(grey, { mixing: '1x1' }, 0.2);
    await expect(decompress(bytes, { model: otherModel })).rejects.toThrow(
      'the file was compressed with another model',
    );
  });

  it('ends early', async () => {
    for (const length of [bytes.length - 1, bytes.length - 60, 300]) {
      const { images, damaged } = await decompress(bytes.slice(0, length), { model }).catch((error) => {
        expect(error.message).toContain("can't be read: its header is damaged or cut off; use another copy");
        return { images: [], damaged: ['start'] };
      });
      expect(images.length === 5 || images.length === 0).toBe(true);
      expect(damaged.length).toBeGreaterThan(0);
    }
  });
});

describe('a file with its model', () => {
  const model = randomModel([4, 4, 1], { mixing: '1x1' }, 0.1);
  const images = namedImages(2).map(({ name }) => ({
    name,
    shape: model.model.imageShape,
    pixels: Uint8Array.from({ length: 16 }, (_, index) => 11 * index),
  }));

  it('reports a change of any byte, also if the model is given', async () => {
    const bytes = await compress(model, images, { withModel: true });
    const coders = await localCoders(model);
    const header = await readHeader(inMemory(bytes, 'f'), 'f');
    const [modelStart, modelEnd] = [header.end - header.modelBytes, header.end];
    const unnoticed: number[] = [];
    for (let position = 0; position < bytes.length; position++) {
      // Within the model, only its first and last bytes and every hundredth in between.
      const isSkipped = position > modelStart + 16 && position < modelEnd - 8 && position % 100 > 0;
      if (isSkipped) {
        continue;
      }
      const damaged = bytes.slice();
      damaged[position]! ^= 1 << (position % 8);
      let problems = 0;
      try {
        const file = await openCompressed(inMemory(damaged, 'f'), 'f', model);
        for await (const image of imagesBy(coders, file, { onDamage: () => problems++ })) {
          expect(images).toContainEqual(image);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        problems++;
      }
      if (problems === 0) {
        unnoticed.push(position);
      }
    }
    await coders.release();
    expect(unnoticed).toEqual([]);
  });
});

describe('damage', () => {
  const model: TrainedModel = randomModel(grey, { mixing: 'emerging' }, 0.1);
  const images = namedImages(30);
  const byName = new Map(images.map((image) => [image.name, image]));
  const cache = new Map<string, Promise<Uint8Array | undefined>>();
  let coders: BlockCoders;
  let bytes: Uint8Array;
  let start: number;
  beforeAll(async () => {
    const local = await localCoders(model);
    // Intact blocks are decoded once.
    coders = {
      ...local,
      decode(block, work) {
        const key = JSON.stringify([block.runs, [...block.bytes]]);
        cache.set(key, cache.get(key) ?? local.decode(block, work));
        return cache.get(key)!;
      },
    };
    const parts: Uint8Array[] = [];
    for await (const part of compressParts(model, images, { block: 5, withModel: false })) {
      parts.push(part);
    }
    start = parts[0]!.length;
    bytes = Uint8Array.from(parts.flatMap((part) => [...part]));
  });
  afterAll(() => coders.release());

  /** What a damaged file returns: images that are all right, and a line for everything that is missing. */
  async function read(damaged: Uint8Array): Promise<{ returned: number; lines: string[] }> {
    const lines: string[] = [];
    let returned = 0;
    const file = await openCompressed(inMemory(damaged, 'f'), 'f', model);
    for await (const image of imagesBy(coders, file, { onDamage: (line) => lines.push(line) })) {
      expect(image).toEqual(byName.get(image.name));
      returned++;
    }
    return { returned, lines };
  }

  it('of no byte costs nothing', async () => {
    expect(await read(bytes)).toEqual({ returned: 30, lines: [] });
  });

  it('of one byte costs at most its block, and is reported', async () => {
    const random = new RandomStream(7, 'bytes');
    for (let index = 0; index < DAMAGES; index++) {
      const damaged = bytes.slice();
      const offset = start + Math.floor(random.uniform() * (bytes.length - start));
      damaged[offset]! ^= 1 + Math.floor(random.uniform() * 255);
      const { returned, lines } = await read(damaged);
      expect(returned === 25 || returned === 30, `byte ${offset}`).toBe(true);
      expect(lines.length, `byte ${offset}`).toBeGreaterThan(0);
    }
  });

  it('of any kind yields no wrong pixel and no crash', async () => {
    const damage = fc.tuple(
      fc.constantFrom('cut', 'remove', 'insert', 'overwrite', 'repeat'),
      fc.nat(),
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (damages) => {
        let damaged = bytes;
        for (const [kind, position, otherBytes] of damages) {
          const offset = position % (damaged.length + 1);
          const [before, after] = [damaged.slice(0, offset), damaged.slice(offset)];
          const parts = {
            cut: [before],
            remove: [before, after.slice(otherBytes.length)],
            insert: [before, otherBytes, after],
            overwrite: [before, otherBytes, after.slice(otherBytes.length)],
            repeat: [before, after.slice(0, 500), after],
          }[kind]!;
          damaged = Uint8Array.from(parts.flatMap((part) => [...part]));
        }
        try {
          await read(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: DAMAGES },
    );
  });
});
