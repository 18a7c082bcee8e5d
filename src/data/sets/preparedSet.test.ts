import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyFolder } from '../../testing/temporaryFolder.ts';
import { readOne } from '../contract/dataset.ts';
import { packedTarget } from '../packed/packedFile.ts';
import { PackedWriter } from '../packed/packedWriter.ts';
import { openDataset } from '../registry.ts';
import { imagenet32 } from './imagenet.ts';

const folder = emptyFolder();
const file = join(folder, 'imagenet32.images');
beforeEach(() => void vi.stubEnv('EMERGING_DATA', folder));
afterEach(() => vi.unstubAllEnvs());

/** Two training images and one test image. */
const write = (side: number): void => {
  const writer = new PackedWriter(packedTarget(file));
  for (const [split, values] of [
    ['train', [1, 2]],
    ['test', [3]],
  ] as const) {
    for (const value of values) {
      writer.add(new Uint8Array(side * side * 3).fill(value), `${value}.png`);
    }
    writer.endSplit(split);
  }
  writer.finish({ imageShape: [side, side, 3], source: 'imagenet32', settings: {}, notes: { palette: 2 } });
};
const open = () => openDataset('imagenet32', { validation: 0 });

describe('a dataset opened by name', () => {
  it('is its prepared file in the data folder', async () => {
    write(32);
    const { name, train, test, warnings, notes } = await open();
    expect([name, train.count, test.count]).toEqual(['imagenet32', 2, 1]);
    expect(readOne(train, 1)[0]).toBe(2);
    expect(notes).toEqual({ palette: 2 });
    expect(warnings).toEqual([`${file}: 2 training and 1 test images, but imagenet32 has 1281149 and 49999`]);
  });

  it('is not a prepared file of another size, or any other file of that name', async () => {
    write(8);
    await expect(open()).rejects.toThrow(
      `${file}: its images are 8x8x3, but imagenet32 has 32x32x3: rename the file and run prepareDataset('imagenet32')`,
    );
    writeFileSync(file, 'x'.repeat(20_000));
    await expect(open()).rejects.toThrow(`${file}: corrupt: its header`);
  });

  it('names the command if it only needs to be prepared', async () => {
    const part = join(folder, 'train_32x32.tar');
    writeFileSync(part, '');
    expect(await imagenet32.locate()).toBe(part);
    await expect(open()).rejects.toThrow(/train_32x32.tar and .*: run prepareDataset\('imagenet32'\)$/);
  });
});
