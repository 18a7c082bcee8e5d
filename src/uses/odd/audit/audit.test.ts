// Audits of digits with planted faults: they are found, and clean digits cause few false alarms.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../../core/errors.ts';
import { RandomStream } from '../../../core/numeric/random.ts';
import {
  evenlySpread,
  firstImages,
  type ImageSet,
  imagesInMemory,
  readAll,
  readOne,
} from '../../../data/contract/dataset.ts';
import type { DecodedImage, RawDataset, RawImage } from '../../../data/contract/rawImages.ts';
import { resized } from '../../../data/pixels/resize.ts';
import { openSplit } from '../../../data/registry.ts';
import { FlowModel } from '../../../model/flowModel.ts';
import type { ReferenceScores } from '../../../model/referenceScores.ts';
import { eightBit } from '../../../testing/eightBit.ts';
import { randomModel } from '../../../testing/randomModel.ts';
import { emojiFolder, splitOfImages } from '../../../testing/rawSplits.ts';
import { measureReference } from '../reference.ts';
import { type Audit, audit } from './audit.ts';

const SIDE = 28;
const classes = Array.from({ length: 10 }, (_, digit) => String(digit));
const engine = { threads: 1 };
/** A machine that others use takes many times as long. */
const PATIENCE = 300_000;
let digits: ImageSet;
/** Emoji as grey images on black, of the size of the digits. */
let emoji: readonly RawImage[];
/** The audit of 3,000 digits without faults. */
let clean: Audit;

beforeAll(async () => {
  digits = await openSplit('mnist', 'test', { validation: 0 });
  emoji = await greyEmoji(40);
  clean = await audited(digitImages(3000), [], { classes });
}, PATIENCE);

/** An image of a split, without a file. */
function raw(name: string, picture: Partial<DecodedImage> & { data: Uint8Array }, label?: number): RawImage {
  const decoded: DecodedImage = { width: SIDE, height: SIDE, channels: 1, notes: [], ...picture };
  return { name, label, decode: async () => decoded };
}

const broken: RawImage = {
  name: 'broken',
  decode: () => Promise.reject(new UserError('invalid-data', 'broken: corrupt')),
};

/** Emoji that differ. */
async function greyEmoji(count: number): Promise<RawImage[]> {
  const names = readdirSync(emojiFolder).sort();
  return Promise.all(
    evenlySpread(count, names.length).map(async (index) => {
      const name = names[index]!;
      const picture = sharp(join(emojiFolder, name)).resize(SIDE, SIDE).flatten({ background: 'black' });
      return raw(name, { data: await picture.greyscale().raw().toBuffer() });
    }),
  );
}

/** The first digits, with their labels or others. */
function digitImages(count: number, labelOf = (index: number) => digits.labels!.classAt(index)): RawImage[] {
  return Array.from({ length: count }, (_, index) =>
    raw(`digit ${index}`, { data: eightBit(readOne(digits, index)) }, labelOf(index)),
  );
}

function audited(train: readonly RawImage[], test: readonly RawImage[] = [], more: Partial<RawDataset> = {}) {
  return audit(
    'digits',
    { train: splitOfImages(train), test: splitOfImages(test), ...more },
    { most: 1e6, engine },
  );
}

function duplicateGroups({ near }: Audit): readonly (readonly number[])[] {
  return 'found' in near ? near.found : [];
}

function moved(data: Uint8Array, down: number, right: number): Uint8Array {
  return data.map((_, index) => {
    const [row, column] = [Math.floor(index / SIDE) - down, (index % SIDE) - right];
    return row >= 0 && row < SIDE && column >= 0 && column < SIDE ? data[row * SIDE + column]! : 0;
  });
}

async function asJpeg(data: Uint8Array, quality: number): Promise<Uint8Array> {
  const file = await sharp(data, { raw: { width: SIDE, height: SIDE, channels: 1 } })
    .jpeg({ quality })
    .toBuffer();
  return sharp(file).greyscale().raw().toBuffer();
}

describe('near duplicates', () => {
  const changes: Record<string, (data: Uint8Array) => Promise<Partial<DecodedImage> & { data: Uint8Array }>> =
    {
      'shifted down': async (data) => ({ data: moved(data, 1, 0) }),
      'shifted both ways': async (data) => ({ data: moved(data, -1, 1) }),
      brighter: async (data) => ({ data: data.map((value) => Math.min(255, value + 20)) }),
      'more contrast': async (data) => ({
        data: data.map((value) => Math.min(255, Math.round(1.15 * value))),
      }),
      'as JPEG': async (data) => ({ data: await asJpeg(data, 80) }),
      enlarged: async (data) => ({ data: resized(data, [SIDE, SIDE, 1], [40, 40]), width: 40, height: 40 }),
      'downscaled a little': async (data) => ({
        data: resized(data, [SIDE, SIDE, 1], [25, 25]),
        width: 25,
        height: 25,
      }),
    };

  let audited1500: Audit;
  const kinds = Object.keys(changes);
  const PLANTED = 40;
  /** The digit that a planted image is a copy of. */
  const originalIndex = (kind: number, number: number): number => kind + kinds.length * number;

  beforeAll(async () => {
    const copies = kinds.flatMap((name, kind) =>
      Array.from({ length: PLANTED }, async (_, number) => {
        const index = originalIndex(kind, number);
        return raw(`${name}: ${index}`, await changes[name]!(eightBit(readOne(digits, index))));
      }),
    );
    audited1500 = await audited(digitImages(1500), await Promise.all(copies));
  }, PATIENCE);

  it.each(kinds)('finds digits that are %s, between training and test images', (name) => {
    const kind = kinds.indexOf(name);
    const areFound = Array.from({ length: PLANTED }, (_, number) => {
      const [original, copy] = [originalIndex(kind, number), 1500 + kind * PLANTED + number];
      return duplicateGroups(audited1500).some((group) => group.includes(original) && group.includes(copy));
    });
    expect(areFound.filter(Boolean).length).toBeGreaterThanOrEqual(34);
  });

  it('joins no different digits', () => {
    const larger = duplicateGroups(audited1500).filter(
      (group) => group.length > 2 || group.filter((index) => index < 1500).length !== 1,
    );
    expect(larger.length).toBeLessThanOrEqual(3);
  });

  it('are found if large pictures with sharp edges are shifted by half a pixel of the small ones', async () => {
    const side = 128;
    /** White with black rectangles, shifted to the right. */
    const picture = (seed: number, shift: number): RawImage => {
      const random = new RandomStream(seed, 'rectangles');
      const data = new Uint8Array(side * side).fill(255);
      for (let rectangle = 0; rectangle < 8; rectangle++) {
        const [top, left] = [8 + random.integer(80), 8 + random.integer(80) + shift];
        const [height, width] = [4 + random.integer(28), 4 + random.integer(28)];
        for (let row = top; row < top + height; row++) {
          data.fill(0, row * side + left, row * side + left + width);
        }
      }
      return raw(`rectangles ${seed}, ${shift}`, { data, width: side, height: side });
    };
    const pictures = (shift: number) => Array.from({ length: 20 }, (_, seed) => picture(seed, shift));
    const groups = duplicateGroups(await audited([...pictures(0), ...pictures(2)]));
    expect(groups).toEqual(Array.from({ length: 20 }, (_, seed) => [seed, 20 + seed]));
  });

  it('are not found among different digits, which are mostly black', () => {
    const groups = duplicateGroups(clean);
    expect(groups.length).toBeLessThanOrEqual(3);
  });
});

describe('labels', () => {
  it(
    'that were changed are ranked first, and their number is estimated',
    async () => {
      const random = new RandomStream(5, 'flips');
      const flipped = new Set(random.permutation(3000).subarray(0, 30));
      const wrongLabel = (index: number): number => {
        const label = digits.labels!.classAt(index);
        return flipped.has(index) ? (label + 1 + random.integer(9)) % 10 : label;
      };
      const { labels } = await audited(digitImages(3000, wrongLabel), [], { classes });
      const findings = 'found' in labels ? labels.found : undefined;
      const first = findings!.doubtful.slice(0, 40).filter(({ image }) => flipped.has(image)).length;
      expect(first).toBeGreaterThanOrEqual(22);
      const { of: examined, most: upperBound } = findings!.estimate!;
      expect(examined).toBe(3000);
      expect(upperBound).toBeGreaterThanOrEqual(30);
      expect(upperBound).toBeLessThan(75);
      const suggested = findings!.doubtful.filter(({ image }) => flipped.has(image));
      const right = suggested.filter(
        ({ image, suggested: digit }) => digit === digits.labels!.classAt(image),
      );
      expect(right.length / suggested.length).toBeGreaterThan(0.8);
    },
    PATIENCE,
  );

  it('of clean digits are hardly doubted', () => {
    const { labels } = clean;
    const findings = 'found' in labels ? labels.found : undefined;
    expect(findings!.judged).toBe(3000);
    expect(findings!.estimate!.most).toBeLessThan(60);
  });

  it('of small classes are ranked without an estimate', async () => {
    const random = new RandomStream(6, 'few');
    const few = (index: number): number => Math.floor(index / 15);
    const { labels } = await audited(digitImages(150, few), [], { classes });
    expect(labels).toMatchObject({ found: { judged: 150, estimate: undefined } });
    // Two large classes among small ones: the estimate is about these.
    const mixed = (index: number): number => (index < 100 ? random.integer(2) : Math.floor(index / 15));
    const some = await audited(digitImages(150, mixed), [], { classes });
    expect(some.labels).toMatchObject({ found: { estimate: { of: 100 } } });
  });
});

describe('odd images', () => {
  it('of another kind are the farthest from their neighbours', async () => {
    const result = await audited([...digitImages(1000), ...emoji.slice(0, 10)]);
    const ranked = 'found' in result.odd ? result.odd.found.ranked : [];
    const count = ranked.slice(0, 10).filter(({ image }) => image >= 1000).length;
    expect(count).toBeGreaterThanOrEqual(6);
  });

  it('are few among clean digits', () => {
    expect('found' in clean.odd && clean.odd.found.flagged).toBeLessThan(20);
  });
});

describe('with a model', () => {
  const grey = new FlowModel(randomModel([SIDE, SIDE, 1], { mixing: '1x1' }), engine);
  afterAll(() => grey.release());
  const withModel = (images: readonly RawImage[], reference: ReferenceScores) =>
    audit(
      'digits',
      { train: splitOfImages(images), test: splitOfImages([]) },
      { most: 1e6, engine, model: { model: grey, reference, resize: false } },
    );
  let reference: ReferenceScores;
  beforeAll(async () => {
    const referenceImages = imagesInMemory(readAll(firstImages(digits, 200)), [SIDE, SIDE, 1]);
    reference = await measureReference(grey, referenceImages, 'digits', { draws: 1 });
  }, PATIENCE);

  it('of other images, finds odd ones without it', async () => {
    const result = await withModel(emoji, reference);
    expect(result.unused?.message).toMatch(
      /^these images are unlike its validation images, since most are odder than 90 % of them \(/,
    );
    expect(result.odd).toMatchObject({ found: { score: 'neighbours' } });
  });

  it('of these images, lists those that are odd', async () => {
    const typical = Array.from({ length: 45 }, (_, index) =>
      raw(`digit ${index}`, { data: eightBit(readOne(digits, 500 + index)) }),
    );
    const result = await withModel([...typical, ...emoji.slice(0, 15)], reference);
    expect(result.unused).toBeUndefined();
    expect(result.odd).toMatchObject({ found: { score: 'typicality', references: 200 } });
    const first = 'found' in result.odd ? result.odd.found.ranked.slice(0, 15) : [];
    expect(first.filter(({ image }) => image >= 45).length).toBeGreaterThan(11);
  });

  it('of another size, says so and finds the rest', async () => {
    const images = Array.from({ length: 12 }, (_, index) =>
      raw(`wide ${index}`, { data: eightBit(readOne(digits, index)), width: 2 * SIDE, height: SIDE / 2 }),
    );
    const result = await withModel([...images, images[3]!], reference);
    expect(result.unused?.message).toMatch(/^wide 0 is 14x56x1 grey, but the model takes 28x28x1 grey/);
    expect(result.notScored).toEqual([]);
    expect(result.identical).toEqual([[3, 12]]);
    expect(result.odd).toMatchObject({ found: { score: 'neighbours' } });
  });
});

describe('files', () => {
  it('that are identical, blank, of another size or mode, or unreadable are found', async () => {
    const images = digitImages(60);
    const digitAt = (index: number): Uint8Array => eightBit(readOne(digits, index));
    const colour = new Uint8Array(3 * SIDE * SIDE).map((_, index) => digitAt(70)[Math.floor(index / 3)]!);
    const result = await audited(
      [
        ...images,
        raw('again', { data: digitAt(5) }),
        raw('in colour', { data: colour, channels: 3 }),
        raw('wide', { data: new Uint8Array(SIDE * SIDE).map((_, index) => index), width: 56, height: 14 }),
        raw('deep', { data: digitAt(71), notes: ['16-bit'] }),
        raw('blank', { data: new Uint8Array(SIDE * SIDE).fill(9) }),
      ],
      [broken, raw('leaked', { data: digitAt(6) })],
    );
    expect(result.identical).toEqual([
      [5, 60],
      [6, 65],
    ]);
    expect(result.unreadable).toEqual(['broken: corrupt']);
    expect(result.sizes.map(({ what: size, images: some }) => [size, some.length])).toEqual([
      ['28x28', 65],
      ['14x56', 1],
    ]);
    expect(result.unusualSizes).toEqual([62]);
    expect(result.oddAspects).toEqual([62]);
    expect(result.blank).toEqual([64]);
    expect(result.unusualModes).toEqual([
      { what: 'grey stored as colour', images: [61] },
      { what: '16-bit', images: [63] },
    ]);
  });

  it('with the same pixels and different labels conflict', async () => {
    const again = raw('again', { data: eightBit(readOne(digits, 3)) }, 9);
    const result = await audited([...digitImages(20), again], [], { classes });
    expect(result.conflicts).toEqual([[3, 20]]);
  });

  it('stored as grey or as colour with equal channels are identical', async () => {
    const data = eightBit(readOne(digits, 0));
    const colour = new Uint8Array(3 * data.length).map((_, index) => data[Math.floor(index / 3)]!);
    const result = await audited([raw('grey', { data }), raw('colour', { data: colour, channels: 3 })]);
    expect(result.identical).toEqual([[0, 1]]);
  });
});

describe('small sets', () => {
  it('get no statistics, and a reason', async () => {
    const result = await audited(digitImages(9), [], { classes });
    const missing = 'at least 10 different images are needed, and there are 9';
    expect(result.near).toEqual({ missing });
    expect(result.odd).toEqual({ missing });
    expect(result.labels).toEqual({ missing });
    expect((await audited(digitImages(1))).sizes).toHaveLength(1);
  });

  it('without any readable image are an error', async () => {
    await expect(audited([broken])).rejects.toThrow(
      'digits: none of its images can be read, such as broken: corrupt',
    );
  });
});
