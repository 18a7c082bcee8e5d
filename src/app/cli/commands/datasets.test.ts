// `emerging datasets` list, get and show, as a user calls them.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandProcess } from '../../../testing/command.ts';
import { writePng, writeTinyPngs } from '../../../testing/pngFiles.ts';
import { writeTinyDataset } from '../../../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (name: string): string => join(emerging.folder, name);

beforeAll(() => writeTinyDataset(inFolder('tiny'), { size: 8 }));

describe('datasets', () => {
  it('lists the datasets', async () => {
    const { code, stdout } = await emerging.run('datasets');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^DATASET +AVAILABLE +SIZE +TRAIN +TEST +DOWNLOAD +DESCRIPTION\n/);
    expect(stdout).toMatch(/\nmnist +yes +28x28x1 +60,000 +10,000 +handwritten/);
    const list = await emerging.json('datasets');
    expect(list.find(({ name }: { name: string }) => name === 'mnist')).toMatchObject({
      state: 'ready',
      here: true,
      imageShape: [28, 28, 1],
      images: { train: 60_000, test: 10_000 },
      download: false,
      bytes: null,
      todo: null,
    });
    // A missing dataset has a line that says what to do.
    for (const { name, state, todo } of list) {
      const missing = state === 'missing';
      expect(todo?.startsWith(`${name} was not found: `) ?? false, name).toBe(missing);
      expect(stdout.includes(`\n${name} was not found: `), name).toBe(missing);
      expect(todo === null || stdout.includes(`\n${todo}\n`), name).toBe(true);
    }
  });
});

describe('datasets get', () => {
  it('says what a mirror is, and refuses what cannot be one', async () => {
    const { stdout } = await emerging.run('datasets', 'get', '--help');
    expect(stdout).toContain('cifar10: cifar-10-binary.tar.gz (162 MiB)');
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'the http or https address of a folder with the same files',
    );
    expect(await emerging.refusedWith(2, 'datasets get cifar10 --from ftp://example.org')).toContain(
      'It must be the address of a folder, which begins with https: or http:.',
    );
  });

  it('says which datasets it cannot download', async () => {
    expect(await emerging.refusedWith(1, 'datasets get imagenet32')).toMatch(
      /^imagenet32 was not found: put .*, then run emerging datasets prepare imagenet32; this command cannot download it$/,
    );
    const download = await emerging.run('datasets', 'get', 'mnist');
    expect(download).toMatchObject({ code: 0, stderr: 'mnist is already available\n' });
    expect(download.stdout).toContain('to train: emerging train --data mnist');
    expect(await emerging.refusedWith(2, 'datasets get mnist --from http://127.0.0.1:1')).toMatch(
      /^--from names a mirror, but mnist cannot be downloaded: omit --from; only fashion-mnist and/,
    );
    expect(await emerging.refusedWith(2, 'datasets get cifar')).toContain("unknown dataset 'cifar'");
  });
});

describe('datasets show', () => {
  it('shows all images if more are wanted', async () => {
    const { shown } = await emerging.json('datasets show tiny --count=10000000 --out=all.png');
    expect(shown).toHaveLength(128);
  });

  it('writes a sheet of images, augmented if requested, and reports their statistics', async () => {
    const { code, stdout } = await emerging.run('datasets', 'show', 'tiny', '--count=9');
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('tiny: 8x8x1, 128 train, 32 validation (held out of the training images), 48 test');
    expect(lines[1]).toMatch(/^grey +mean \d+\.\d, deviation \d+\.\d, from \d+ to \d+$/);
    expect(stdout).toContain('images  tiny-train.png');
    const plain = decode(readFileSync(inFolder('tiny-train.png')));
    expect([plain.width, plain.height, plain.channels]).toEqual([3 * 32 + 4, 3 * 32 + 4, 1]);
    await emerging.json('datasets', 'show', 'tiny', '--count=9', '--augment=shift,flip', '--out=varied.png');
    expect(decode(readFileSync(inFolder('varied.png'))).data).not.toEqual(plain.data);
  });

  it('computes mean, deviation and range of each channel of the first training images', async () => {
    const pixels = [
      [1, 1, 1, 2, 2, 2],
      [3, 3, 3, 4, 4, 4],
      [5, 10, 255, 4, 20, 25],
      [0, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0],
    ];
    pixels.forEach((values, index) => {
      const split = ['train', 'train', 'train', 'validation', 'test'][index];
      writePng(inFolder(`few/${split}/${index}.png`), Uint8Array.from(values), [1, 2, 3]);
    });
    const show = (...options: string[]) => emerging.json('datasets', 'show', 'few', ...options);
    const { images, distinctValues, colourless, channels } = await show();
    expect({ images, distinctValues, colourless }).toEqual({
      images: 3,
      distinctValues: 9,
      colourless: false,
    });
    expect(channels[1]).toMatchObject({ least: 1, most: 20 });
    expect(channels[1].mean).toBeCloseTo(40 / 6, 10);
    expect(channels[1].deviation).toBeCloseTo(Math.sqrt(530 / 6 - (40 / 6) ** 2), 10);
    const { warnings, ...grey } = await show('--limit=2');
    expect(grey).toMatchObject({ images: 2, colourless: true });
    expect(warnings[0]).toMatch(/^every image is grey, with three equal channels/);
  });

  it('writes the sheet next to the images, and names these', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `${index < 35 ? 'train' : 'test'}/${index}.png`);
    writeTinyPngs(inFolder('more/icons'), names, 5);
    const { shown, file } = await emerging.json('datasets', 'show', 'more/icons', '--count=3');
    expect(file).toBe('more/icons-train.png');
    expect(existsSync(inFolder(file))).toBe(true);
    const { stdout } = await emerging.run('datasets', 'show', 'more/icons', '--count=3');
    const shownNames = shown.map(({ name }: { name: string }) => name).join(', ');
    expect(stdout).toContain(`\n        row by row: ${shownNames}\n`);
  });

  it.each([
    [['tiny', '--augment=spin'], "unknown augmentation 'spin'"],
    [['tiny', '--split=all'], "unknown split 'all'"],
    [['tiny', '--count=0'], 'whole number of 1 or more'],
    [['nothing/here'], 'no such file or folder'],
  ])('refuses %j', async (args, message) => {
    expect(await emerging.refusedWith(2, 'datasets', 'show', ...args)).toContain(message);
  });
});
