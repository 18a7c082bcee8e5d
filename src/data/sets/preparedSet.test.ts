import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readOne } from '../dataset.ts';
import { PackedWriter } from '../packed/packedWriter.ts';
import { openDataset } from '../registry.ts';
import { imagenet32 } from './imagenet.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'prepared-'));
  file = join(folder, 'imagenet32.images');
  vi.stubEnv('EMERGING_DATA', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Two images to train on, one to test. */
const write = (side: number): void => {
  const writer = new PackedWriter(file);
  for (const [split, values] of [
    ['train', [1, 2]],
    ['test', [3]],
  ] as const) {
    for (const value of values) {
      writer.add(new Uint8Array(side * side * 3).fill(value));
    }
    writer.endSplit(split);
  }
  writer.finish({ imageShape: [side, side, 3], source: 'imagenet32', settings: {}, notes: { palette: 2 } });
};
const open = () => openDataset('imagenet32', { validation: 0 });

describe('a set by its name', () => {
  it('is the file in the data folder that was prepared of it', async () => {
    write(32);
    const { name, train, test, warnings, notes } = await open();
    expect([name, train.count, test.count]).toEqual(['imagenet32', 2, 1]);
    expect(readOne(train, 1)[0]).toBe(2);
    expect(notes).toEqual({ palette: 2 });
    expect(warnings).toEqual([
      `${file}: 2 training and 1 test images, where imagenet32 has 1281149 and 49999`,
    ]);
  });

  it('is not a file with images of another size, or something else of that name', async () => {
    write(8);
    await expect(open()).rejects.toThrow(
      `${file}: images of 8x8x3, and imagenet32 has 32x32x3: give the file another name, and run prepareDataset('imagenet32')`,
    );
    writeFileSync(file, 'x'.repeat(20_000));
    await expect(open()).rejects.toThrow(`${file}: damaged: its header`);
  });

  it('says the command where it only has to be prepared', async () => {
    const part = join(folder, 'train_32x32.tar');
    writeFileSync(part, '');
    expect(await imagenet32.locate()).toBe(part);
    await expect(open()).rejects.toThrow(/train_32x32.tar and .*: run prepareDataset\('imagenet32'\)$/);
  });
});
