import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { inEightBits } from '../core/numeric/arrays.ts';
import { withStandardisation } from '../runs/images/valuesOfImages.ts';
import { startRun } from '../runs/open/run.node.ts';
import { resolveConfig } from '../runs/settings/resolve.ts';
import { temporaryFolder } from '../testing/temporaryFolder.ts';
import { readOne } from './contract/dataset.ts';
import { memoryFiles } from './files/fileStore.ts';
import { identifyImages } from './identity.ts';
import { toBits, toFullRange } from './pixels/values.ts';
import { prepareDataset } from './prepareDataset.ts';
import { openDataset, openSplit } from './registry.ts';

const folder = temporaryFolder();

const values = (index: number): Uint16Array =>
  Uint16Array.from({ length: 64 }, (_, pixel) => (index * 997 + pixel * 547) % 65_536);

async function writeImages(name: string, eightBit: (index: number) => boolean): Promise<string> {
  const { mkdir } = await import('node:fs/promises');
  await mkdir(join(folder, name));
  for (let index = 0; index < 40; index++) {
    const raw = { width: 8, height: 8, channels: 1 } as const;
    const picture = eightBit(index)
      ? sharp(inEightBits(values(index)), { raw }).toColourspace('b-w')
      : sharp(values(index), { raw }).toColourspace('grey16');
    await picture.png().toFile(join(folder, name, `${index}.png`));
  }
  return join(folder, name);
}

let deep: string;
let mixed: string;
beforeAll(async () => {
  deep = await writeImages('deep', () => false);
  mixed = await writeImages('mixed', (index) => index % 4 === 0);
});

describe('images of 16 bits', () => {
  it('are kept, and become 8 bits for models of 8', async () => {
    const { train } = await openDataset(deep);
    const index = Number.parseInt(train.nameAt!(0), 10);
    expect([train.kind, readOne(train, 0)]).toEqual(['uint16', values(index)]);
    const reduced = await openDataset(deep, { bits: 8 });
    expect(readOne(reduced.train, 0)).toEqual(inEightBits(values(index)));
    // The same images for a single split, whose checksum a run records.
    const test = await openSplit(deep, 'test', { validation: 0.02, bits: 5 });
    expect(await identifyImages(test)).toEqual(await identifyImages(reduced.test));
    expect(await identifyImages(test)).not.toEqual(await identifyImages((await openDataset(deep)).test));
  });

  it('next to 8-bit images are rounded to 8 bits, and counted', async () => {
    const { train, notes } = await openDataset(mixed);
    const index = Number.parseInt(train.nameAt!(0), 10);
    expect([train.kind, notes]).toEqual(['uint8', { '16-bit': 30 }]);
    expect(readOne(train, 0)).toEqual(inEightBits(values(index)));
  });

  it('are kept in a prepared file only if that is wanted', async () => {
    const [eight, sixteen] = ['8.images', '16.images'].map((name) => join(folder, name)) as [string, string];
    const options = { size: 8, channels: 1 } as const;
    expect((await prepareDataset(deep, { ...options, out: eight }))!.header.notes).toEqual({ '16-bit': 40 });
    await prepareDataset(deep, { ...options, out: sixteen, bits: 16 });
    expect((await openDataset(eight)).train.kind).toBe('uint8');
    const { train } = await openDataset(sixteen);
    expect([train.kind, readOne(train, 0)]).toEqual([
      'uint16',
      values(Number.parseInt(train.nameAt!(0), 10)),
    ]);
  });

  it('give a run its bits, unless the configuration has some', async () => {
    const model = { levels: 1, depth: 1, conditioner: { width: 4 } };
    const configure = (modelOptions: object) =>
      resolveConfig({
        overrides: {
          data: { name: deep },
          model: { ...model, ...modelOptions },
          training: { batchSize: 8, steps: 1 },
        },
      });
    const dataset = await openDataset(deep);
    expect((await withStandardisation(configure({}), dataset)).model.bits).toBe(16);
    expect((await startRun(configure({}), memoryFiles('a'))).config.model.bits).toBe(16);
    const run = await startRun(configure({ bits: 8 }), memoryFiles('b'));
    expect([run.config.model.bits, run.dataset.train.kind]).toEqual([8, 'uint8']);
    await expect(
      startRun(configure({ bits: 12 }), memoryFiles('c'), { dataset: await openDataset(mixed) }),
    ).rejects.toThrow(
      /are 8-bit integers, but the model takes integers of 12 bits: set model.bits to 8 or less/,
    );
  });
});

describe('bits', () => {
  const wide = Uint16Array.of(0, 1, 255, 256, 257, 32_768, 65_534, 65_535);
  it('of 16 are cut to fewer, or rounded to 8 first', () => {
    expect([...toBits(wide, 16)]).toEqual([...wide]);
    expect([...toBits(wide, 12)]).toEqual([0, 0, 15, 16, 16, 2048, 4095, 4095]);
    expect([...toBits(wide, 8)]).toEqual([0, 0, 1, 1, 1, 128, 255, 255]);
    expect(toBits(wide, 8)).toBeInstanceOf(Uint8Array);
  });

  it('of fewer than 16 are shown in all 16', () => {
    expect([...toFullRange(Uint16Array.of(0, 2048, 4095), 12)]).toEqual([0, 32_776, 65_535]);
  });
});
