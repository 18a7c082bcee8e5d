// Galaxies resized as in the paper, compared with the formula written out, and their folders.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { emptyFolder } from '../../testing/temporaryFolder.ts';
import { antiAliasedResize } from '../pixels/resize.ts';
import { loadImages } from '../sources/loadImages.ts';
import { rawGalaxies, toGalaxy } from './galaxy.ts';

const flat = (height: number, width: number, value: number, channels: 1 | 3 = 3) => ({
  height,
  width,
  channels,
  data: new Uint8Array(height * width * channels).fill(value),
  notes: [],
});

describe('antiAliasedResize', () => {
  it('equals a Gaussian followed by interpolation, each computed from its definition', () => {
    const [height, width, rows, columns] = [13, 20, 4, 7];
    const image = new RandomStream(1, 'galaxy').normals(height * width);
    const mirror = (index: number, length: number): number =>
      index < 0 ? mirror(-index, length) : index >= length ? mirror(2 * (length - 1) - index, length) : index;
    const blurred = (row: number, column: number): number => {
      const sigmas = [(height / rows - 1) / 2, (width / columns - 1) / 2] as const;
      const [tall, wide] = sigmas.map((sigma) => Math.floor(4 * sigma + 0.5)) as [number, number];
      let [sum, total] = [0, 0];
      for (let down = -tall; down <= tall; down++) {
        for (let right = -wide; right <= wide; right++) {
          const weight = Math.exp(-(down ** 2 / sigmas[0] ** 2 + right ** 2 / sigmas[1] ** 2) / 2);
          sum += weight * image[mirror(row + down, height) * width + mirror(column + right, width)]!;
          total += weight;
        }
      }
      return sum / total;
    };
    const small = antiAliasedResize(image, 1, [height, width], [rows, columns]);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const [y, x] = [((row + 0.5) * height) / rows - 0.5, ((column + 0.5) * width) / columns - 0.5];
        const [top, x0] = [Math.floor(y), Math.floor(x)];
        const expected =
          (top + 1 - y) * ((x0 + 1 - x) * blurred(top, x0) + (x - x0) * blurred(top, x0 + 1)) +
          (y - top) * ((x0 + 1 - x) * blurred(top + 1, x0) + (x - x0) * blurred(top + 1, x0 + 1));
        expect(small[row * columns + column]).toBeCloseTo(expected, 12);
      }
    }
  });

  it('leaves an image of the same size unchanged', () => {
    const image = Float64Array.from({ length: 3 * 4 * 2 }, (_, index) => (index * 7) % 11);
    expect(antiAliasedResize(image, 2, [3, 4], [3, 4])).toEqual(image);
  });
});

describe('a galaxy', () => {
  it.each([
    [255, 255],
    [254, 254],
    [128, 128],
    [1, 1],
    [0, 0],
  ])('of uniform value %i stays %i, even white', (value, expected) => {
    expect(new Set(toGalaxy(flat(424, 424, value)).data)).toEqual(new Set([expected]));
    const grey = toGalaxy(flat(70, 90, value, 1));
    expect([grey.height, grey.width, grey.channels, ...new Set(grey.data)]).toEqual([32, 32, 3, expected]);
  });

  it('of 16 bits is rounded to 8', () => {
    const deep = { ...flat(70, 90, 0), data: new Uint16Array(70 * 90 * 3).fill(128 * 257) };
    expect(new Set(toGalaxy(deep).data)).toEqual(new Set([128]));
  });

  it('keeps the order of rows, columns and colours', () => {
    const image = flat(128, 128, 0);
    for (let row = 0; row < 64; row++) {
      for (let column = 64; column < 128; column++) {
        image.data[3 * (128 * row + column) + 1] = 200;
      }
    }
    const { data } = toGalaxy(image);
    const colourAt = (row: number, column: number) => [
      ...data.subarray(3 * (32 * row + column), 3 * (32 * row + column) + 3),
    ];
    expect([colourAt(3, 28), colourAt(3, 3), colourAt(28, 28)]).toEqual([
      [0, 200, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });
});

describe("SpaceML's folders", () => {
  const folder = emptyFolder();
  const put = async (path: string, value: number) => {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await sharp(Buffer.alloc(3 * 90 * 80, value), { raw: { width: 90, height: 80, channels: 3 } })
      .jpeg()
      .toFile(join(folder, path));
  };

  it('give the non-interacting galaxies, and no others', async () => {
    await put('noninteracting/training/a.jpeg', 10);
    await put('noninteracting/training/b.jpeg', 20);
    await put('noninteracting/validation/c.jpeg', 30);
    await put('merger/training/d.jpeg', 90);
    await expect(rawGalaxies(folder)).rejects.toThrow(`${folder}: no images in noninteracting/test; unpack`);
    await put('noninteracting/test/e.jpeg', 40);
    const raw = await rawGalaxies(folder);
    expect([raw.train.count, raw.validation?.count, raw.test.count]).toEqual([2, 1, 1]);
    const { train, validation, test } = await loadImages(raw, folder);
    expect([train.count, validation?.count, test.count, train.imageShape]).toEqual([2, 1, 1, [32, 32, 3]]);
    const out = new Uint8Array(2 * 3072);
    train.read([0, 1], out);
    expect([out[0], out[3072]]).toEqual([10, 20]);
  });
});
