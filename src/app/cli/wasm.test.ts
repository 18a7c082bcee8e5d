// The commands on the device wasm, and without the binaries of the native runtime, whose programs it then runs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { largestDifference } from '../../core/numeric/statistics.ts';
import { commandLine, commandProcess } from '../../testing/command.ts';
import { writePng } from '../../testing/pngFiles.ts';
import { tinyImages, tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';
import { packageWithoutBinaries } from '../../testing/withoutNative.ts';

const oneLevel = tinyTraining.map((option) => option.replace('levels=2', 'levels=1'));
const train = ['train', '--data=data', '--no-test', ...oneLevel];
const readSummary = (folder: string, run: string) =>
  JSON.parse(readFileSync(join(folder, 'runs', run, 'summary.json'), 'utf8'));

describe('on wasm', () => {
  const emerging = commandProcess();
  beforeAll(() => writeTinyDataset(join(emerging.folder, 'data')));

  it('trains, and a resume says what moves', async () => {
    const { code, stderr } = await emerging.run(
      ...[...train, '--steps=4', '--stop-at=2', '--device=wasm', '--threads=2', '--out=runs/a'],
    );
    expect(code, stderr).toBe(0);
    expect(readSummary(emerging.folder, 'a')).toMatchObject({ device: 'wasm', threads: 1, steps: 2 });
    expect(readFileSync(join(emerging.folder, 'runs/a/README.md'), 'utf8')).toContain('on wasm');
    const resumed = await emerging.run('train', '--resume=runs/a', '--no-test', '--threads=1');
    expect(resumed.stderr).toContain(
      'trained on wasm with 1 thread before, now on cpu with 1 thread: results will differ',
    );
  });

  it('samples, evaluates, scores and diagnoses', async () => {
    writePng(join(emerging.folder, 'mine.png'), tinyImages(1, 8, 31), [8, 8, 1]);
    const bitsOn = async (device: string): Promise<number[]> => {
      const on = [`--device=${device}`, '--threads=1'];
      const { bitsPerDim } = await emerging.json('evaluate', 'runs/a', '--data=data', ...on);
      const { images } = await emerging.json('score', 'runs/a', 'mine.png', ...on);
      return [bitsPerDim, images[0].bitsPerDim];
    };
    expect(largestDifference(await bitsOn('wasm'), await bitsOn('cpu'))).toBeLessThan(1e-5);
    await emerging.json('sample', 'runs/a', '--count=4', '--out=drawn.png', '--device=wasm');
    const { worst } = await emerging.json(
      ...['doctor', 'runs/a', '--data=data', '--images=1', '--device=wasm'],
    );
    expect(worst).toContainEqual(expect.objectContaining({ name: 'lostHardImagesInFloat64', value: 0 }));
  });
});

describe('without the binaries of the native runtime', () => {
  const emerging = commandLine(packageWithoutBinaries());
  const reason = /^onnxruntime-node cannot be loaded: Cannot find module '.*onnxruntime_binding\.node'$/;

  it('lists what does not work', async () => {
    const { devices } = await emerging.json('devices');
    expect(devices[0]).toEqual({
      device: 'cpu',
      works: false,
      reason: expect.stringMatching(reason),
      remedy: 'install again with ONNXRUNTIME_NODE_INSTALL=skip in the environment',
    });
    expect(devices.at(-1)).toEqual({ device: 'wasm', works: true, reason: null, remedy: null });
  });

  it('trains on wasm, with workers, which have one thread each, and one line of warning', async () => {
    writeTinyDataset(join(emerging.folder, 'data'));
    const { code, stderr } = await emerging.run(
      ...[...train, '--steps=2', '--workers=2', '--threads=2', '--out=runs/a'],
    );
    expect(code, stderr).toBe(0);
    const warnings = [...stderr.matchAll(/^warning: (.*); using the device wasm instead, .*$/gm)];
    expect(warnings.map(([, message]) => message)).toEqual([expect.stringMatching(reason)]);
    expect(stderr).toContain('with 2 data-parallel workers');
    expect(readSummary(emerging.folder, 'a')).toMatchObject({
      device: 'wasm',
      threads: 2,
      workers: 2,
      steps: 2,
    });
  });
});
