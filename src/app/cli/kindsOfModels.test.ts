// Commands on every kind of model: results in its unit, the same of training, the run, its export and several ranks.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { readJsonLines } from '../../data/files/files.ts';
import { npyBytes } from '../../data/formats/npy.ts';
import { commandProcess } from '../../testing/command.ts';
import { hasMpirun, needsMpirun, startJob } from '../../testing/mpirun.ts';
import { writePng } from '../../testing/pngFiles.ts';
import { npyOfFields, tinyFields } from '../../testing/tinyFields.ts';
import { tinyImages, tinyTraining } from '../../testing/tinyImages.ts';
import { createZip } from '../../testing/zipFiles.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
const SIZE = 8;
const AREA = SIZE ** 2;

/** A kind of model. */
interface Kind {
  readonly name: string;
  readonly data: string;
  /** Settings of its training. */
  readonly model: readonly string[];
  /** Options of commands that read image files. */
  readonly reading: readonly string[];
  readonly unit: 'bitsPerDim' | 'natsPerValue';
  /** The other unit, which no text may name. */
  readonly notItsUnit: RegExp;
  /** The files of its export. */
  readonly files: readonly string[];
  /** Writes the data, and two images to `folder`. */
  write(folder: string): void;
}

const kinds: readonly Kind[] = [
  {
    name: 'classes, variational noise',
    data: 'photos',
    model: ['model.classes=true', 'model.dequantisation=variational', 'model.dequantisation.width=8'],
    reading: [],
    unit: 'bitsPerDim',
    notItsUnit: /nats.value|natsPerValue/i,
    files: ['dequantiser.onnx', 'encoder.onnx', 'sampler.onnx'],
    write(folder) {
      const images = tinyImages(48, SIZE, 0);
      for (let index = 0; index < 48; index++) {
        const subfolder = `${index < 40 ? 'train' : 'test'}/${index % 2 === 0 ? 'left' : 'right'}`;
        const pixels = images.subarray(index * AREA, (index + 1) * AREA);
        writePng(inFolder('photos', subfolder, `${index}.png`), pixels, [SIZE, SIZE, 1]);
        if (index < 2) {
          writePng(join(folder, `${index}.png`), pixels, [SIZE, SIZE, 1]);
        }
      }
    },
  },
  {
    name: 'real numbers, given a number and an image',
    data: 'maps.npy',
    model: ['model.continuous=true', 'model.condition=true'],
    reading: ['--condition=one.npz'],
    unit: 'natsPerValue',
    notItsUnit: /bits.dim|bits per dim|bitsPerDim/i,
    files: ['encoder.onnx', 'sampler.onnx'],
    write(folder) {
      const fields = tinyFields(80, SIZE, 0);
      const random = new RandomStream(0, 'conditions');
      const shift = Float32Array.from({ length: 80 }, () => random.normal());
      const low = Float32Array.from({ length: 80 * 16 }, () => random.normal());
      writeFileSync(inFolder('maps.npy'), npyOfFields(fields, SIZE));
      const conditions = (count: number) =>
        createZip([
          { name: 'shift.npy', bytes: npyBytes(shift.slice(0, count), [count]) },
          { name: 'low.npy', bytes: npyBytes(low.slice(0, 16 * count), [count, 4, 4]) },
        ]);
      writeFileSync(inFolder('maps.conditions.npz'), conditions(80));
      writeFileSync(inFolder('one.npz'), conditions(1));
      mkdirSync(folder);
      for (const index of [0, 1]) {
        const field = fields.slice(index * AREA, (index + 1) * AREA);
        writeFileSync(join(folder, `${index}.npy`), npyBytes(field, [SIZE, SIZE]));
      }
    },
  },
];

describe.each(kinds)('a model with $name', ({ data, model, reading, unit, notItsUnit, files, write }) => {
  const [run, exported, images] = [`runs/${data}`, `exports/${data}`, `images of ${data}`];
  const singleThread = '--threads=1';
  const settings = model.map((setting) => `--set=${setting}`);
  const train = ['train', `--data=${data}`, ...tinyTraining, ...settings, '--steps=2', singleThread];
  const bytes = (file: string): Buffer => readFileSync(inFolder(file));
  const listing = (): string[] => readdirSync(inFolder(exported));

  beforeAll(async () => {
    write(inFolder(images));
    await emerging.json(...train, `--out=${run}`);
    mkdirSync(inFolder('exports'), { recursive: true });
    await emerging.json('export', run, `--out=${exported}`);
  });

  it('has results in its unit in all texts', async () => {
    expect(listing().filter((file) => file.endsWith('.onnx'))).toEqual(files);
    const texts = ['README.md', 'config.yaml', 'summary.json', 'metrics.jsonl'].map(
      (file) => `${run}/${file}`,
    );
    for (const file of [...texts, `${exported}/README.md`]) {
      expect(bytes(file).toString(), file).not.toMatch(notItsUnit);
    }
    for (const call of [
      ['evaluate', run, singleThread],
      ['score', run, images, ...reading, singleThread],
      ['compare', run, exported, `--data=${data}`, '--out=curves.png', singleThread],
      ['doctor', run, '--quick', '--images=2', singleThread],
    ]) {
      const { stdout, stderr } = await emerging.run(...call);
      expect(stdout, stderr).not.toBe('');
      expect(`${stdout}${stderr}`, call[0]).not.toMatch(notItsUnit);
    }
  });

  it('evaluates to what its training measured, and so does its export, which stays unchanged', async () => {
    const before = listing();
    const [tested] = JSON.parse(bytes(`${run}/summary.json`).toString()).evaluations;
    const ofRun = await emerging.json('evaluate', run, singleThread);
    expect(ofRun[unit]).toBeCloseTo(tested[unit], 6);
    const ofExport = await emerging.json('evaluate', exported, `--data=${data}`, singleThread);
    expect(ofExport).toEqual({ ...ofRun, run: exported, data, worstPicture: null });
    const compared = ['compare', run, exported, `--data=${data}`, '--draws=3', singleThread];
    const { runs, draws } = await emerging.json(...compared);
    expect(draws).toBe(unit === 'natsPerValue' ? 1 : 3);
    expect(runs[1]).toMatchObject({ run: exported, difference: 0 });
    expect(listing()).toEqual(before);
  });

  describe.skipIf(!hasMpirun)(`on two ranks ${needsMpirun}`, { tags: 'system' }, () => {
    it('is trained and measured as by one process', async () => {
      const job = (...args: string[]) => startJob(2, emerging.words(...args), { cwd: emerging.folder }).ended;
      const trained = await job(...train, `--out=${run} ranks`);
      expect(trained.code, trained.stderr).toBe(0);
      const losses = (name: string) =>
        [...readJsonLines(inFolder(name, 'metrics.jsonl'))].flatMap((line) => (line[unit] as number) ?? []);
      const [alone, together] = [losses(run), losses(`${run} ranks`)];
      expect(together).toHaveLength(2);
      together.forEach((loss, step) => {
        expect(Math.abs(loss - alone[step]!)).toBeLessThan(1e-5);
      });
      const { code, stdout } = await job('evaluate', run, singleThread, '--json');
      expect(code).toBe(0);
      const measured = await emerging.json('evaluate', run, singleThread);
      expect(JSON.parse(stdout)[unit]).toBeCloseTo(measured[unit], 9);
    });
  });
});
