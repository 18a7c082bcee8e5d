// `emerging datasets prepare` as a user calls it, and training from the file that it writes.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { npyBytes } from '../../../data/formats/npy.ts';
import { commandProcess } from '../../../testing/command.ts';
import { tinyTraining, writeTinyDataset } from '../../../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (name: string): string => join(emerging.folder, name);

beforeAll(() => writeTinyDataset(inFolder('tiny'), { size: 8 }));

describe('datasets prepare', () => {
  it('writes a file that can be trained on like any dataset', async () => {
    const { code, stdout, stderr } = await emerging.run('datasets prepare tiny --size=4 --channels=1');
    expect(code, stderr).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'data/tiny-4.images: 4x4x1, 160 for training, 48 for testing; 3.3 KiB',
      'at this size, models can have up to 2 levels (model.levels)',
      'to train: emerging train --data data/tiny-4.images --minutes 30',
      'without --minutes, it takes the 1,150 steps of mnist-quickstart',
      '',
    ]);
    expect(stderr).toContain('preparing 208/208 images');
    const trained = await emerging.json(
      'train --data=data/tiny-4.images --steps=1 --no-test --out=run',
      ...tinyTraining,
    );
    expect(trained).toMatchObject({ steps: 1 });
    expect(readFileSync(inFolder('run/config.yaml'), 'utf8')).toContain('name: data/tiny-4.images');
  });

  it.each([
    ['tiny', '--size=6', 208 * 6 * 6 * 3, 'model.levels=1'],
    ['maps.npy', '--size=8', 100 * 8 * 8 * 4, 'model.continuous=true'],
  ])('says how to train on %s, and how many bytes it has', async (source, size, bytes, setting) => {
    const values = Float32Array.from({ length: 100 * 64 }, (_, index) => Math.sin(index));
    writeFileSync(inFolder('maps.npy'), npyBytes(values, [100, 8, 8]));
    const { stdout } = await emerging.run(`datasets prepare ${source} ${size} --out=${setting}.images`);
    expect(stdout).toContain(
      `to train: emerging train --data ${setting}.images --set ${setting} --minutes 30`,
    );
    expect(await emerging.json(`datasets prepare ${setting}.images --verify`)).toMatchObject({ bytes });
  });

  it('prints JSON, and verifies what it wrote', async () => {
    const report = await emerging.json('datasets prepare tiny --size=8 --crop=none --out=eight.images');
    expect(report).toMatchObject({
      file: 'eight.images',
      bytes: 208 * 192,
      imageShape: [8, 8, 3],
      images: { train: 160, test: 48 },
      source: 'tiny',
      settings: { size: 8, crop: 'none', channels: 3 },
      notes: { 'grey converted to colour': 208 },
      skipped: [],
    });
    expect(await emerging.json('datasets', 'prepare', 'eight.images', '--verify')).toEqual(report);
    const bytes = readFileSync(inFolder('eight.images'));
    bytes[20_000]! ^= 1;
    writeFileSync(inFolder('eight.images'), bytes);
    expect(await emerging.refusedWith(1, 'datasets', 'prepare', 'eight.images', '--verify')).toBe(
      'eight.images: corrupt: image 18 of train does not match its checksum; prepare it again',
    );
  });

  it.each([
    [['tiny'], 'choose an image size for tiny, for example --size 32'],
    [['tiny', '--size=0'], 'whole number of 1 or more'],
    [['tiny', '--size=4', '--crop=middle'], "unknown crop 'middle': known: center, none, tiles"],
    [['tiny', '--size=4', '--channels=2'], 'It must be 1 (grey) or 3 (colour).'],
    [['tiny', '--size=4', '--validation=1'], 'a number from 0 to below 1'],
    [['tiny', '--size=4', '--validation=0.3'], '--validation is for --crop tiles: add it, or leave'],
    [['tiny', '--size=4', '--least-deviation=3'], '--least-deviation is for --crop tiles: add it, or'],
    [
      ['tiny', '--size=4', '--out=tiny/train-images-idx3-ubyte'],
      'already exists: choose another file with --out',
    ],
    [['tiny', '--verify'], 'tiny is not a file of prepared images'],
    [['nowhere/at/all', '--size=4'], 'no such file or folder'],
  ])('refuses %j', async (args, message) => {
    expect(await emerging.refusedWith(2, 'datasets', 'prepare', ...args)).toContain(message);
  });

  it('leaves no file when interrupted', async () => {
    writeTinyDataset(inFolder('large'), { size: 64 });
    const { code, stderr } = await emerging.interrupt(
      'SIGINT',
      'preparing 1/',
      ...['datasets', 'prepare', 'large', '--size=1024', '--out=large.images'],
    );
    expect(stderr).toContain('stopping; no file is written');
    expect(code).toBe(130);
    expect(readdirSync(emerging.folder).filter((name) => name.startsWith('large.images'))).toEqual([]);
  });
});
