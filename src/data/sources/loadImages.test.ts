// How much memory images may take that are opened without being prepared.
import { describe, expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import type { Values } from '../../core/numeric/arrays.ts';
import { splitOfImages } from '../../testing/rawSplits.ts';
import type { RawDataset, RawSplit } from '../contract/rawImages.ts';
import { corruptFile } from '../formats/bytes.ts';
import { loadImages } from './loadImages.ts';

/** Images that claim a size, take `cost` bytes to decode, and are listed in `decoded` once memory is granted. */
function createSplit(names: readonly string[], side: number, cost: number, decoded: string[]): RawSplit {
  return splitOfImages(
    names.map((name) => ({
      name,
      async decode(admit) {
        await admit?.(cost);
        decoded.push(name);
        return { width: side, height: side, channels: 3, data: new Uint8Array(12), notes: [] };
      },
    })),
  );
}

function load(side: number, cost: number): { decoded: string[]; loading: Promise<unknown> } {
  const decoded: string[] = [];
  const raw: RawDataset = {
    train: createSplit(['a', 'b', 'c'], side, cost, decoded),
    test: createSplit(['d'], side, cost, decoded),
  };
  return { decoded, loading: loadImages(raw, 'photos') };
}

describe('images that are opened without being prepared', () => {
  it.each([
    ['a second image of 121 megapixels', 11_000, 3 * 11_000 ** 2, ['a']],
    ['a third image of 64 megapixels', 8000, 3 * 8000 ** 2, ['a', 'b']],
    ['a second image that takes more to decode than the first leaves', 6000, 700 * 2 ** 20, ['a']],
  ])('refuses %s before it is decoded', async (_, side, cost, expected) => {
    const { decoded, loading } = load(side, cost);
    await expect(loading).rejects.toThrow(UserError);
    await expect(loading).rejects.toThrow(
      `photos: more images than fit into memory: run prepareDataset('photos', { size: ${side} })`,
    );
    expect(decoded).toEqual(expected);
  });

  it('decodes all that fit', async () => {
    const { decoded, loading } = load(2, 12);
    await loading;
    expect(decoded).toEqual(['a', 'b', 'c', 'd']);
  });
});

it('reports blank values rather than the kind that they give their image', async () => {
  const image = (name: string, data: Values) => ({
    name,
    decode: async () => ({ width: 2, height: 1, channels: 1 as const, data, notes: [] }),
  });
  const train = splitOfImages([image('a', Float32Array.of(1, Number.NaN)), image('b', Uint16Array.of(1, 2))]);
  await expect(loadImages({ train, test: train }, 'maps')).rejects.toThrow(
    'maps: 1 value is NaN or infinite, in 1 of 2 images (a): replace them, or remove these images',
  );
});

it('says how to skip a corrupt image, but not one to be converted', async () => {
  const failing = (error: UserError): RawDataset => ({
    train: createSplit(['a'], 32, 0, []),
    test: splitOfImages([{ name: 'b', decode: () => Promise.reject(error) }]),
  });
  await expect(loadImages(failing(corruptFile('b', 'cut off')), 'photos')).rejects.toThrow(
    "b: corrupt: cut off; use another copy, or leave out corrupt images: run prepareDataset('photos', { size: 32 })",
  );
  const conversionError = new UserError('invalid-data', 'b: a CMYK image; convert it to RGB');
  await expect(loadImages(failing(conversionError), 'photos')).rejects.toBe(conversionError);
});
