import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { eightBit } from '../../testing/eightBit.ts';
import { openedBy } from '../../testing/openedBy.ts';
import { splitOfImages } from '../../testing/rawSplits.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { readAll } from '../contract/dataset.ts';
import { countPictures, type DecodedImage, type RawDataset, type RawSplit } from '../contract/rawImages.ts';
import { packedFile, packedTarget } from './packedFile.ts';
import { type PrepareOptions, prepare } from './packImages.ts';

const folder = temporaryFolder();
const inFolder = (name: string): string => join(folder, name);
const filesLeft = (name: string): string[] => readdirSync(folder).filter((file) => file.startsWith(name));

/** Source images by name; null is a corrupt one, an error is thrown. */
const split = (pictures: Record<string, DecodedImage | null | Error>): RawSplit =>
  splitOfImages(
    Object.entries(pictures).map(([name, picture]) => ({
      name,
      decode: async () => {
        // Later ones may be ready first.
        await wait(name.length % 3);
        if (picture === null) {
          throw new UserError('invalid-data', `${name}: corrupt`);
        }
        if (picture instanceof Error) {
          throw picture;
        }
        return picture;
      },
    })),
  );

/** A grey image whose pixel (r, c) is `value` + c. */
const picture = (height: number, width: number, value: number): DecodedImage => ({
  height,
  width,
  channels: 1,
  data: Uint8Array.from({ length: height * width }, (_, index) => value + (index % width)),
  notes: value === 0 ? ['palette'] : [],
});

/** 20 images of 2 x 6, whose tiles tell which image they come from. */
const many = (first: number) =>
  split(
    Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`p${'x'.repeat(index)}`, picture(2, 6, first + 6 * index)]),
    ),
  );

const options: PrepareOptions = {
  size: 2,
  crop: 'center',
  channels: 1,
  source: 'here',
  validation: 0.2,
  leastDeviation: 0.1,
};
const open = async (name: string) => openedBy(packedFile, inFolder(name));

describe('prepare', () => {
  it('closes the images if it fails between two of them', async () => {
    let open = 0;
    const train: RawSplit = {
      count: 100,
      async *images() {
        open++;
        try {
          yield* split(
            Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`${index}`, picture(2, 2, index)])),
          ).images();
        } finally {
          open--;
        }
      },
    };
    const nowhere = { write() {}, finish() {}, discard() {} };
    const onProgress = () => {
      throw new Error(`nobody looks, and ${open} is open`);
    };
    const preparing = prepare({ train, test: many(0) }, nowhere, { ...options, onProgress });
    await expect(preparing).rejects.toThrow('nobody looks, and 1 is open');
    expect(open).toBe(0);
  });

  it('writes the images of every split in order, with notes on conversions', async () => {
    const dataset: RawDataset = {
      train: split({ aa: picture(2, 2, 0), b: null, ccc: picture(4, 4, 10), d: picture(2, 3, 20) }),
      test: split({ e: picture(1, 2, 30) }),
    };
    expect(await countPictures(dataset)).toBe(5);
    const [done, reported]: [number[], string[]] = [[], []];
    const prepared = await prepare(dataset, packedTarget(inFolder('all')), {
      ...options,
      onProgress: (pictures) => done.push(pictures),
      onDamaged: (reason) => reported.push(reason),
    });
    expect(prepared?.damaged).toEqual(['b: corrupt']);
    expect(reported).toEqual(['b: corrupt']);
    expect(done).toEqual([1, 2, 3, 4, 5]);
    expect(prepared?.header).toMatchObject({
      imageShape: [2, 2, 1],
      counts: { train: 3, test: 1 },
      source: 'here',
      settings: { size: 2, crop: 'center', channels: 1 },
      notes: { damaged: 1, enlarged: 1, palette: 1 },
    });
    const { train, validation, test } = await open('all');
    expect([...readAll(train)]).toEqual([0, 1, 0, 1, 11, 12, 11, 12, 20, 21, 20, 21]);
    expect(validation).toBeUndefined();
    expect(test.count).toBe(1);
  });

  it('is deterministic to the byte', async () => {
    const dataset = { train: many(0), test: many(100) };
    await prepare(dataset, packedTarget(inFolder('one')), options);
    await prepare(dataset, packedTarget(inFolder('two')), options);
    expect(readFileSync(inFolder('one'))).toEqual(readFileSync(inFolder('two')));
  });

  it('keeps the tiles of an image in one split, and holds out some images', async () => {
    const prepared = await prepare({ train: many(0), test: many(120) }, packedTarget(inFolder('tiles')), {
      ...options,
      crop: 'tiles',
    });
    expect(prepared?.header.counts).toEqual({ train: 48, validation: 12, test: 60 });
    const { train, validation } = await open('tiles');
    const splitPictures = (pixels: Uint8Array): number[] => {
      const firsts = Array.from(pixels.filter((_, index) => index % 4 === 0));
      return firsts.map((value) => Math.floor(value / 6));
    };
    const [trained, held] = [
      splitPictures(eightBit(readAll(train))),
      splitPictures(eightBit(readAll(validation!))),
    ];
    expect(new Set(held).size).toBe(4);
    expect(held.filter((each) => trained.includes(each))).toEqual([]);
    expect([...new Set([...trained, ...held])]).toHaveLength(20);
  });

  it('holds out images by name, independently of their order', async () => {
    const packedValidation = async (name: string, train: RawSplit) => {
      await prepare({ train, test: many(120) }, packedTarget(inFolder(name)), { ...options, crop: 'tiles' });
      return String(readAll((await open(name)).validation!));
    };
    const pictures = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [`name-${index}`, picture(2, 2, 3 * index)]),
    );
    const reversed = Object.fromEntries(Object.entries(pictures).toReversed());
    const sorted = (text: string) => text.split(',').sort();
    const held = await packedValidation('in-order', split(pictures));
    expect(sorted(await packedValidation('reversed', split(reversed)))).toEqual(sorted(held));
  });

  it('uses the validation images of the source if there are any', async () => {
    const dataset = { train: many(0), validation: split({ v: picture(2, 4, 50) }), test: many(100) };
    const prepared = await prepare(dataset, packedTarget(inFolder('own')), { ...options, crop: 'tiles' });
    expect(prepared?.header.counts).toEqual({ train: 60, validation: 2, test: 60 });
  });

  it('leaves out tiles of nearly one colour, and records the limit', async () => {
    const blank = { ...picture(2, 4, 0), data: Uint8Array.of(5, 5, 5, 6, 5, 5, 5, 5) };
    const dataset = { train: split({ a: blank, b: blank }), test: split({ c: blank }) };
    const prepared = await prepare(dataset, packedTarget(inFolder('blank')), { ...options, crop: 'tiles' });
    expect(prepared?.header.counts).toEqual({ train: 1, validation: 1, test: 1 });
    expect(prepared?.header.notes).toMatchObject({ 'tiles of nearly one colour': 3 });
    expect(prepared?.header.settings).toMatchObject({ leastDeviation: 0.1 });
    const unfiltered = await prepare(dataset, packedTarget(inFolder('all-tiles')), {
      ...options,
      crop: 'tiles',
      leastDeviation: 0,
    });
    expect(unfiltered?.header.counts).toEqual({ train: 2, validation: 2, test: 2 });
    // The deviation of 5, 5, 5, 6 is 0.43.
    const strict = prepare(dataset, packedTarget(inFolder('strict')), {
      ...options,
      crop: 'tiles',
      leastDeviation: 0.44,
    });
    await expect(strict).rejects.toThrow('no images remain for train (2 tiles of nearly one colour)');
  });

  it('leaves out duplicates across all splits if images must be unique', async () => {
    const [first, two, three] = [10, 20, 30].map((value) => picture(2, 2, value)) as [
      DecodedImage,
      DecodedImage,
      DecodedImage,
    ];
    const dataset = {
      train: split({ a: first, b: two, c: first }),
      validation: split({ d: two }),
      test: split({ e: three, f: two }),
    };
    const prepared = await prepare(dataset, packedTarget(inFolder('unique')), { ...options, unique: true });
    expect(prepared?.header).toMatchObject({
      counts: { train: 2, validation: 0, test: 1 },
      settings: { unique: 'yes' },
      notes: { duplicates: 3 },
    });
    const { train, test } = await open('unique');
    expect(
      [readAll(train), readAll(test)].map((pixels) => pixels.filter((_, index) => index % 4 === 0)),
    ).toEqual([Uint8Array.of(10, 20), Uint8Array.of(30)]);
  });

  it.each([
    ['damaged', { a: null, b: null }, 'here: no images remain for train (2 damaged)'],
    ['none', {}, 'here: no images remain for train'],
  ])('leaves no file behind if no images remain: %s', async (name, pictures, message) => {
    const dataset = { train: split(pictures), test: many(0) };
    await expect(prepare(dataset, packedTarget(inFolder(name)), options)).rejects.toThrow(message);
    expect(filesLeft(name)).toEqual([]);
  });

  it('leaves no file behind if stopped, or if it fails for any reason but a corrupt image', async () => {
    const controller = new AbortController();
    const onProgress = (pictures: number): void => {
      if (pictures === 7) {
        controller.abort();
      }
    };
    const dataset = { train: many(0), test: many(100) };
    expect(
      await prepare(dataset, packedTarget(inFolder('ended')), {
        ...options,
        signal: controller.signal,
        onProgress,
      }),
    ).toBeNull();
    const broken = split({ a: picture(2, 2, 0), b: new TypeError('a mistake') });
    await expect(
      prepare({ train: broken, test: many(0) }, packedTarget(inFolder('broken')), options),
    ).rejects.toThrow('a mistake');
    for (const name of ['ended', 'broken']) {
      expect(filesLeft(name)).toEqual([]);
    }
  });
});
