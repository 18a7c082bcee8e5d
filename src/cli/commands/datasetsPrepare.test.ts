// `emerging datasets prepare` as a user calls it, and training from the file that it writes.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandProcess } from '../../testing/command.ts';
import { tinyImages, tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (name: string): string => join(emerging.folder, name);

beforeAll(() => writeTinyDataset(inFolder('tiny'), { size: 8 }));

describe('datasets prepare', () => {
  it('writes a file that can be trained on like any dataset', async () => {
    const { code, stdout, stderr } = await emerging.run(
      'datasets',
      'prepare',
      'tiny',
      '--size=4',
      '--channels=1',
    );
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
      'train',
      '--data=data/tiny-4.images',
      '--steps=1',
      '--no-test',
      ...tinyTraining,
      '--out=run',
    );
    expect(trained).toMatchObject({ steps: 1 });
    expect(readFileSync(inFolder('run/config.yaml'), 'utf8')).toContain('name: data/tiny-4.images');
  });

  it('prints JSON, and verifies what it wrote', async () => {
    const made = await emerging.json(
      'datasets',
      'prepare',
      'tiny',
      '--size=8',
      '--crop=none',
      '--out=eight.images',
    );
    expect(made).toMatchObject({
      file: 'eight.images',
      bytes: 208 * 192,
      imageShape: [8, 8, 3],
      images: { train: 160, test: 48 },
      source: 'tiny',
      settings: { size: 8, crop: 'none', channels: 3 },
      notes: { 'grey converted to colour': 208 },
      skipped: [],
    });
    expect(await emerging.json('datasets', 'prepare', 'eight.images', '--verify')).toEqual(made);
    const bytes = readFileSync(inFolder('eight.images'));
    bytes[20_000]! ^= 1;
    writeFileSync(inFolder('eight.images'), bytes);
    const { code, stderr } = await emerging.run('datasets', 'prepare', 'eight.images', '--verify');
    expect(code).toBe(1);
    expect(stderr).toContain(
      'emerging: eight.images: corrupt: image 18 of train does not match its checksum; prepare it again',
    );
  });

  it('prepares a built-in dataset as the file that its name opens', async () => {
    const npy = (count: number): Buffer => {
      const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${count}, 32, 32, 3), }`;
      const start = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${header.padEnd(117)}\n`, 'latin1');
      return Buffer.concat([start, tinyImages(3 * count, 32, count)]);
    };
    mkdirSync(inFolder('data/imagenet32'), { recursive: true });
    writeFileSync(inFolder('data/imagenet32/train_32x32.npy'), npy(24));
    const absent = await emerging.run('train', '--preset=imagenet32-1x1-d4');
    expect(absent.stderr.split('\n').at(-2)).toBe(
      `emerging: imagenet32 is at ${join('data', 'imagenet32', 'train_32x32.npy')} and must be prepared before use: run emerging datasets prepare imagenet32`,
    );
    expect(absent.code).toBe(1);
    writeFileSync(inFolder('data/imagenet32/val_32x32.npy'), npy(8));
    const made = await emerging.run('datasets', 'prepare', 'imagenet32');
    expect(made.stdout.split('\n').slice(0, 3)).toEqual([
      'data/imagenet32.images: 32x32x3, 24 for training, 8 for testing; 96.0 KiB',
      'at this size, models can have up to 5 levels (model.levels)',
      'to train: emerging train --data imagenet32 --minutes 30',
    ]);
    const list = await emerging.json('datasets');
    expect(list.find(({ name }: { name: string }) => name === 'imagenet32')).toMatchObject({
      here: true,
      prepared: 'data/imagenet32.images',
    });
    const small = ['levels=2', 'depth=1', 'width=8'].map((setting) => `--set=model.${setting}`);
    const { code, stderr } = await emerging.run(
      ...['train', '--preset=imagenet32-1x1-d4', '--steps=1', '--set=training.batchSize=4'],
      '--set=training.microBatch=4',
      '--no-test',
      ...[...small, '--out=named'],
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('24 training and 8 test images, but imagenet32 has 1281149 and 49999');
  });

  it.each([
    [['tiny'], 'choose an image size for tiny, for example --size 32'],
    [['tiny', '--size=0'], 'whole number of 1 or more'],
    [['tiny', '--size=4', '--crop=middle'], "unknown crop 'middle': known: center, none, tiles"],
    [['tiny', '--size=4', '--channels=2'], 'It must be 1 (grey) or 3 (colour).'],
    [['tiny', '--size=4', '--validation=1'], 'a number from 0 to below 1'],
    [
      ['tiny', '--size=4', '--out=tiny/train-images-idx3-ubyte'],
      'already exists: choose another file with --out',
    ],
    [['tiny', '--verify'], 'tiny is not a file of prepared images'],
    [['nowhere/at/all', '--size=4'], 'no such file or folder'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await emerging.run('datasets', 'prepare', ...args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
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
