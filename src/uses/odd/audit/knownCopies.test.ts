// Copies of emoji, planted at several sizes: found among known images and by an audit, and no other pairs.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../core/errors.ts';
import { evenlySpread, imagesInMemory } from '../../../data/contract/dataset.ts';
import type { RawSplit } from '../../../data/contract/rawImages.ts';
import { emojiFolder, splitOfImages } from '../../../testing/rawSplits.ts';
import { audit } from './audit.ts';
import { copiesOfKnown } from './knownCopies.ts';

const engine = { threads: 1 };
const KNOWN = 72;
/** Images that are copies of nothing. */
const OTHERS = 12;

/** Emoji on white with a margin, moved to the right. */
async function emoji(count: number, side: number, right = 0): Promise<Uint8Array[]> {
  const names = readdirSync(emojiFolder).sort();
  const margin = Math.ceil(side / 16);
  return Promise.all(
    evenlySpread(count, names.length).map(async (index) => {
      const inner = await sharp(join(emojiFolder, names[index]!))
        .flatten({ background: 'white' })
        .resize(side - 2 * margin, side - 2 * margin)
        .extend({
          top: margin,
          bottom: margin,
          left: margin + right,
          right: margin - right,
          background: 'white',
        })
        .raw()
        .toBuffer();
      return new Uint8Array(inner);
    }),
  );
}

async function asJpeg(data: Uint8Array, side: number): Promise<Uint8Array> {
  const file = await sharp(data, { raw: { width: side, height: side, channels: 3 } })
    .jpeg({ quality: 60 })
    .toBuffer();
  return new Uint8Array(await sharp(file).raw().toBuffer());
}

const rawSplit = (pictures: readonly Uint8Array[], side: number): RawSplit =>
  splitOfImages(
    pictures.map((data, index) => ({
      name: `${index}.png`,
      decode: async () => ({ width: side, height: side, channels: 3, data, notes: [] }),
    })),
  );

describe.each([32, 64, 128])('copies of emoji of %i pixels', (side) => {
  it('that are moved, brighter, darker or compressed are found, and nothing else', async () => {
    const images = await emoji(KNOWN + OTHERS, side);
    const knownImages = images.filter((_, index) => index % 7 !== 0);
    const others = images.filter((_, index) => index % 7 === 0);
    // By 2 pixels at 128 x 128.
    const moved = (await emoji(KNOWN + OTHERS, side, Math.ceil(side / 64))).filter(
      (_, index) => index % 7 !== 0,
    );
    const changes: ((index: number) => Uint8Array | Promise<Uint8Array>)[] = [
      (index) => moved[index]!,
      (index) => knownImages[index]!.map((value) => Math.min(255, value + 20)),
      (index) => knownImages[index]!.map((value) => Math.round(0.85 * value)),
      (index) => asJpeg(knownImages[index]!, side),
      (index) => asJpeg(moved[index]!, side),
      (index) => knownImages[index]!,
    ];
    const copies = await Promise.all(knownImages.map((_, index) => changes[index % changes.length]!(index)));
    const set = (pictures: readonly Uint8Array[]) =>
      imagesInMemory(Uint8Array.from(Buffer.concat(pictures)), [side, side, 3]);
    const copiesFound = await copiesOfKnown(set([...copies, ...others]), set(knownImages), { engine });
    const isSame = (index: number): boolean => index % changes.length === changes.length - 1;
    const right = copiesFound.filter(
      ({ image, same, near }) => (isSame(image) ? same : near).join() === String(image),
    );
    expect(right.length).toBeGreaterThanOrEqual(0.95 * KNOWN);
    expect(copiesFound.length).toBe(right.length);

    const train = rawSplit(knownImages, side);
    const { near, identical } = await audit(
      'emoji',
      { train, test: rawSplit([...copies, ...others], side) },
      { most: 1e6, engine },
    );
    const groups = [...identical, ...('found' in near ? near.found : [])];
    const pairs = groups.filter(([first, second]) => second === first! + knownImages.length);
    expect(pairs.length).toBeGreaterThanOrEqual(0.95 * KNOWN);
    expect(pairs.length).toBe(groups.length);
  });
});

it.each([
  ['equal', 0],
  ['different', 0.005],
])('finds 12 %s copies of one known image', async (_, step) => {
  const known = await emoji(20, 32);
  const copies = Array.from({ length: 12 }, (_, copy) =>
    known[7]!.map((value) => Math.round((0.9 - step * copy) * value)),
  );
  const set = (pictures: readonly Uint8Array[]) =>
    imagesInMemory(Uint8Array.from(Buffer.concat(pictures)), [32, 32, 3]);
  expect(await copiesOfKnown(set(copies), set(known), { engine })).toEqual(
    copies.map((_, image) => ({ image, same: [], near: [7] })),
  );
});

it('names all known images with the same pixels, and refuses real numbers', async () => {
  const patternImage = (seed: number) =>
    Uint8Array.from({ length: 64 }, (_, index) => (seed * index * 37) % 251);
  const set = (...seeds: number[]) =>
    imagesInMemory(Uint8Array.from(Buffer.concat(seeds.map(patternImage))), [8, 8, 1]);
  expect(await copiesOfKnown(set(9, 2), set(1, 2, 3, 2), { engine })).toEqual([
    { image: 1, same: [1, 3], near: [] },
  ]);
  expect(await copiesOfKnown(set(5), set(6), { engine })).toEqual([]);
  const real = imagesInMemory(new Float32Array(64), [8, 8, 1]);
  await expect(copiesOfKnown(real, real, { engine })).rejects.toThrow(UserError);
});
