import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { openedBy } from '../../testing/openedBy.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { imagesInMemory, readAll } from '../contract/dataset.ts';
import { packedFile, packedTarget, readPackedHeader, verifyPackedFile } from './packedFile.ts';
import { HEADER_BYTES } from './packedLayout.ts';
import { PackedWriter } from './packedWriter.ts';

const folder = temporaryFolder();
const inFolder = (name: string): string => join(folder, name);

const about = { imageShape: [3, 5, 3], source: 'somewhere', settings: { size: 5 }, notes: {} } as const;
const imageSize = 45;
const pixels = (count: number, seed: number): Uint8Array => {
  const random = new RandomStream(seed, 'pixels');
  return Uint8Array.from({ length: count * imageSize }, () => random.integer(256));
};

function write(name: string, splits: { train: number; validation?: number; test: number }): string {
  const path = inFolder(name);
  const writer = new PackedWriter(packedTarget(path));
  Object.entries(splits).forEach(([split, count], index) => {
    const allPixels = pixels(count, index);
    for (let image = 0; image < count; image++) {
      writer.add(allPixels.subarray(image * imageSize, (image + 1) * imageSize), `${split}/\n${image}.png`);
    }
    expect(writer.endSplit(split as 'train')).toBe(count);
  });
  writer.finish({ ...about, imageShape: [3, 5, 3] });
  return path;
}

/** A copy of a packed file with some bytes changed. */
function changed(name: string, offset: number, bytes: string): string {
  const content = readFileSync(write(name, { train: 4, test: 2 }));
  content.write(bytes, offset, 'latin1');
  writeFileSync(inFolder(name), content);
  return inFolder(name);
}

/** The bytes of the names of four training and two test images. */
const nameBytes = 4 * '"train/\\n0.png"\n'.length + 2 * '"test/\\n0.png"\n'.length;

/** The bytes of the checksums of six images. */
const checksumBytes = 6 * 4;

describe('a packed file', () => {
  it('has the names of its images, and the checksums of its splits', async () => {
    const path = write('named', { train: 3, validation: 1, test: 2 });
    const { train, validation, test } = await openedBy(packedFile, path);
    expect([train.nameAt!(2), validation!.nameAt!(0), test.nameAt!(1)]).toEqual([
      'train/\n2.png',
      'validation/\n0.png',
      'test/\n1.png',
    ]);
    expect(() => train.nameAt!(3)).toThrow(RangeError);
    for (const split of [train, validation!, test]) {
      expect(split.checksum).toBe(createHash('sha256').update(readAll(split)).digest('hex'));
    }
  });

  it('is rejected if its names changed, once they are needed', async () => {
    const path = changed('names', HEADER_BYTES + 6 * imageSize + 3, 'X');
    const { train } = await openedBy(packedFile, path);
    expect(readAll(train)).toEqual(pixels(4, 0));
    expect(() => train.nameAt!(0)).toThrow(`${path}: corrupt: its names do not match their checksum`);
    await expect(verifyPackedFile(path)).rejects.toThrow('its names do not match');
  });

  it('returns every split unchanged, and is recognised by its first bytes', async () => {
    const path = write('all', { train: 7, validation: 3, test: 2 });
    expect(await packedFile.recognises(path)).toBe(true);
    const { train, validation, test } = await openedBy(packedFile, path);
    expect([train.count, validation?.count, test.count]).toEqual([7, 3, 2]);
    expect(train.imageShape).toEqual([3, 5, 3]);
    [train, validation!, test].forEach((split, index) => {
      expect(readAll(split)).toEqual(pixels(split.count, index));
    });
    expect((await openedBy(packedFile, write('two', { train: 3, test: 1 }))).validation).toBeUndefined();
  });

  it('describes itself in two lines of text', () => {
    const lines = readFileSync(write('text', { train: 4, test: 2 }), 'latin1')
      .slice(0, HEADER_BYTES)
      .split('\n');
    expect(lines[0]).toMatch(/^emerging-images 5 [0-9a-f]{64}$/);
    expect(JSON.parse(lines[1]!)).toMatchObject({ ...about, counts: { train: 4, test: 2 } });
    expect(lines[2]).toMatch(/^ +$/);
    expect(readPackedHeader(inFolder('text')).source).toBe('somewhere');
  });

  it('reads any images in any order, as images in memory', async () => {
    const { train } = await openedBy(packedFile, write('order', { train: 20, test: 1 }));
    const memory = imagesInMemory(pixels(20, 0), [3, 5, 3]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 19 }), { maxLength: 30 }), (indices) => {
        const [read, wanted] = [
          new Uint8Array(indices.length * imageSize),
          new Uint8Array(indices.length * imageSize),
        ];
        train.read(indices, read);
        memory.read(indices, wanted);
        expect(read).toEqual(wanted);
      }),
    );
    expect(() => train.read([3, 20], new Uint8Array(2 * imageSize))).toThrow(RangeError);
    expect(() => train.read([0], new Uint8Array(imageSize - 1))).toThrow(RangeError);
  });

  it('does not exist before it is complete, and leaves nothing behind if discarded', () => {
    const path = inFolder('unborn');
    const writer = new PackedWriter(packedTarget(path));
    writer.add(pixels(1, 0), 'a');
    expect(existsSync(path)).toBe(false);
    writer.discard();
    write('whole', { train: 1, test: 1 });
    expect(readdirSync(folder).filter((name) => /^(unborn|whole)/.test(name))).toEqual(['whole']);
  });

  it.each([
    [
      'a number in its header',
      changed('number', 150, '7'),
      'corrupt: its header does not match its checksum',
    ],
    [
      'its version',
      changed('version', 16, '6'),
      'a prepared file of version 6, but only version 5 is supported; prepare it again',
    ],
  ])('is rejected if %s changed', async (_, path, message) => {
    await expect(openedBy(packedFile, path)).rejects.toThrow(`${path}: ${message}`);
  });

  it.each([
    ['a byte order mark', (json: string) => `\ufeff${json}`],
    ['text at its end', (json: string) => `${json} }`],
    ['nothing', () => ''],
  ])('is rejected if its header has the right checksum and %s', async (_, change) => {
    const path = write('header', { train: 4, test: 2 });
    const bytes = readFileSync(path);
    const json = change(bytes.toString('utf8', 0, HEADER_BYTES).split('\n')[1]!);
    const start = Buffer.alloc(HEADER_BYTES, ' ');
    start.write(`emerging-images 5 ${createHash('sha256').update(json).digest('hex')}\n${json}\n`);
    writeFileSync(path, Buffer.concat([start, bytes.subarray(HEADER_BYTES)]));
    const message = `${path}: corrupt: its header is not valid JSON; prepare it again`;
    await expect(openedBy(packedFile, path)).rejects.toThrow(message);
    expect(() => readPackedHeader(path)).toThrow(message);
  });

  it('is rejected if truncated, also while in use', async () => {
    const path = write('cut', { train: 4, test: 2 });
    const { test } = await openedBy(packedFile, path);
    truncateSync(path, HEADER_BYTES + 5 * imageSize);
    await expect(openedBy(packedFile, path)).rejects.toThrow(
      `corrupt: it has ${HEADER_BYTES + 225} bytes, expected ${HEADER_BYTES + 270 + nameBytes + checksumBytes}; prepare it again`,
    );
    expect(() => readAll(test)).toThrow('truncated while it was being read');
    truncateSync(path, 300);
    await expect(openedBy(packedFile, path)).rejects.toThrow('it ends after 300 bytes');
  });

  it('verifies the images that are read, and no others', async () => {
    expect((await verifyPackedFile(write('sound', { train: 4, test: 2 }))).counts).toEqual({
      train: 4,
      test: 2,
    });
    // A bit of each of two training images, and of a test image.
    const path = write('bits', { train: 4, validation: 1, test: 2 });
    const content = readFileSync(path);
    for (const image of [1, 3, 6]) {
      content[HEADER_BYTES + (image + 1) * imageSize - 1]! ^= 1;
    }
    writeFileSync(path, content);
    const { train, validation, test } = await openedBy(packedFile, path);
    const read = (split: typeof train, ...indices: number[]) => {
      const out = new Uint8Array(indices.length * imageSize);
      split.read(indices, out);
      return out;
    };
    expect(read(train, 2, 0)).toHaveLength(2 * imageSize);
    expect(readAll(validation!)).toEqual(pixels(1, 1));
    expect(() => read(train, 2, 1, 1)).toThrow(
      `${path}: corrupt: image 1 of train does not match its checksum; prepare it again`,
    );
    expect(() => readAll(train)).toThrow('image 1 of train, image 3 of train do not match their checksums');
    expect(() => read(test, 1)).toThrow('image 1 of test does not match its checksum');
    await expect(verifyPackedFile(path)).rejects.toThrow(
      'corrupt: image 1 of train, image 3 of train, image 1 of test do not match',
    );
  });

  it('lists three of many wrong images', async () => {
    const path = write('many', { train: 9, test: 1 });
    const content = readFileSync(path);
    content.fill(0, HEADER_BYTES, HEADER_BYTES + 7 * imageSize);
    writeFileSync(path, content);
    const { train } = await openedBy(packedFile, path);
    expect(() => readAll(train)).toThrow(
      'image 0 of train, image 1 of train, image 2 of train and 4 more do not match their checksums',
    );
  });

  it('is rejected if its checksums changed, once an image is read', async () => {
    const path = changed('checksums', HEADER_BYTES + 6 * imageSize + nameBytes + 1, 'X');
    const { test } = await openedBy(packedFile, path);
    expect(() => readAll(test)).toThrow(`${path}: corrupt: its checksums do not match their checksum`);
    await expect(verifyPackedFile(path)).rejects.toThrow('its checksums do not match');
  });

  it('is told apart from other files and folders', async () => {
    writeFileSync(inFolder('short'), 'emerging');
    writeFileSync(inFolder('other'), 'emerging-image');
    for (const path of [folder, inFolder('short'), inFolder('other')]) {
      expect(await packedFile.recognises(path)).toBe(false);
    }
  });
});

describe('a gzipped file', () => {
  it('has the images, names and header of a plain one', async () => {
    const [plain, gzipped] = ['plain', 'packed.gz'].map((name) =>
      write(name, { train: 4, validation: 2, test: 3 }),
    );
    expect(gunzipSync(readFileSync(gzipped!))).toEqual(readFileSync(plain!));
    expect(await packedFile.recognises(gzipped!)).toBe(true);
    expect(readPackedHeader(gzipped!)).toEqual(readPackedHeader(plain!));
    expect(await verifyPackedFile(gzipped!)).toEqual(readPackedHeader(plain!));
    const [original, reread] = await Promise.all([
      openedBy(packedFile, plain!),
      openedBy(packedFile, gzipped!),
    ]);
    for (const split of ['train', 'validation', 'test'] as const) {
      expect(readAll(reread[split]!)).toEqual(readAll(original[split]!));
      expect(reread[split]!.nameAt!(1)).toBe(original[split]!.nameAt!(1));
    }
  });

  it('is refused if it is corrupt, truncated or of something else', async () => {
    const path = write('sound.gz', { train: 4, test: 2 });
    const bytes = readFileSync(path);
    const refused = async (content: Uint8Array, message: RegExp): Promise<void> => {
      writeFileSync(inFolder('bad.gz'), content);
      await expect(openedBy(packedFile, inFolder('bad.gz'))).rejects.toThrow(message);
    };
    const corrupt = /bad\.gz: corrupt: [^\n]*; prepare it again$/;
    await refused(bytes.subarray(0, bytes.length - 30), corrupt);
    for (const offset of [20, bytes.length >> 1, bytes.length - 6]) {
      await refused(
        bytes.map((value, index) => (index === offset ? value ^ 8 : value)),
        corrupt,
      );
    }
    await refused(gzipSync('text'), corrupt);
    // Rightly compressed, but not the images of the checksums.
    const changedImages = gunzipSync(bytes);
    changedImages[20_000 - 3_600]! ^= 1;
    await refused(gzipSync(changedImages), /image 0 of train does not match its checksum/);
    writeFileSync(inFolder('text.gz'), gzipSync('text'));
    expect(await packedFile.recognises(inFolder('text.gz'))).toBe(false);
  });
});
