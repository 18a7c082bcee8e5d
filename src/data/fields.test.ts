// Images of real numbers: opened and prepared to the bit, and refused if a model could not learn from them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../core/numeric/random.ts';
import { npy as npyOf } from '../testing/hostile/hostileImages.ts';
import { temporaryFolder } from '../testing/temporaryFolder.ts';
import { readAll, readOne } from './contract/dataset.ts';
import { identifyImages } from './identity.ts';
import { verifyPackedFile } from './packed/packedFile.ts';
import { prepareDataset } from './prepareDataset.ts';
import { openDataset } from './registry.ts';

const folder = temporaryFolder();
const inFolder = (name: string): string => join(folder, name);

/** A .npy file of images `[count, 4, 6]`. */
function npy(name: string, values: Float32Array | Float64Array): string {
  const type = values instanceof Float32Array ? '<f4' : '<f8';
  const bytes = new Uint8Array(values.buffer);
  writeFileSync(inFolder(name), npyOf(`${values.length / 24}, 4, 6`, bytes, type));
  return inFolder(name);
}

function random(count: number): Float32Array {
  const stream = new RandomStream(0, 'values');
  return Float32Array.from({ length: count * 24 }, () => 1e-20 * stream.normal());
}

describe('real numbers', () => {
  it('open with their kind, and float64 with a warning that says how much was rounded', async () => {
    const values = random(40);
    const opened = await openDataset(npy('f4.npy', values));
    const kinds = [opened.train, opened.validation, opened.test].map(({ kind }) => kind);
    expect(kinds).toEqual(['float32', 'float32', 'float32']);
    expect(opened.warnings).toBeUndefined();
    const doubles = Float64Array.from(values, (value) => value * (1 + 2 ** -26));
    const { warnings, train } = await openDataset(npy('f8.npy', doubles));
    expect(warnings).toEqual([
      `${inFolder('f8.npy')}: float64 values are rounded to float32, by at most 1.5e-8 of the largest value of their image`,
    ]);
    // Rounded, they are the same images.
    expect(await identifyImages(train)).toEqual(await identifyImages(opened.train));
  });

  it('are the same bytes in a prepared file', async () => {
    const source = npy('prepare.npy', random(40));
    const out = inFolder('prepared.images');
    const prepared = await prepareDataset(source, { size: 4, crop: 'center', out });
    expect(prepared!.header).toMatchObject({ imageShape: [4, 4, 1], values: 'float32' });
    expect(readFileSync(out, 'latin1').slice(0, 18)).toBe('emerging-images 5 ');
    await verifyPackedFile(out);
    const [before, after] = [await openDataset(source), await openDataset(out)];
    expect(after.train.kind).toBe('float32');
    expect(after.train.count + after.validation.count).toBe(before.train.count + before.validation.count);
    const fullImage = readOne(before.test, 0);
    // The central square: columns 1 to 4 of 6.
    expect(readOne(after.test, 0)).toEqual(fullImage.filter((_, index) => index % 6 >= 1 && index % 6 <= 4));
    expect(await identifyImages(after.test)).toMatchObject({ images: after.test.count });
  });

  it('are resized without rounding', async () => {
    const source = npy('resize.npy', random(40));
    const out = inFolder('resized.images');
    await prepareDataset(source, { size: 2, crop: 'none', out });
    const { test } = await openDataset(out);
    expect(Math.max(...readAll(test).map(Math.abs))).toBeLessThan(1e-19);
    expect(readAll(test).some((value) => value !== 0)).toBe(true);
  });

  it('that are NaN or infinite are counted, and their first images named', async () => {
    const values = random(40);
    for (const [index, value] of [
      [24 * 3 + 2, Number.NaN],
      [24 * 3 + 4, Number.POSITIVE_INFINITY],
      [24 * 8 + 2, Number.NaN],
      [24 * 12 + 2, Number.NaN],
      [24 * 13 + 2, Number.NEGATIVE_INFINITY],
      [24 * 21 + 2, Number.NaN],
    ] as const) {
      values[index] = value;
    }
    await expect(openDataset(npy('nan.npy', values))).rejects.toThrow(
      /nan.npy: \d values are NaN or infinite, in \d of \d+ training images \(3, \d+, \d+, …\): replace them, or remove these images$/,
    );
    const damaged: string[] = [];
    const out = inFolder('without.images');
    await prepareDataset(inFolder('nan.npy'), { size: 4, out, onDamaged: (reason) => damaged.push(reason) });
    expect(damaged).toHaveLength(5);
    expect(damaged).toContain('3: 2 values are NaN or infinite; replace them, or remove the image');
    expect((await openDataset(out)).train.kind).toBe('float32');
  });
});
