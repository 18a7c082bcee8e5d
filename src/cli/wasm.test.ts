// The commands on the device wasm, and without the native runtime, whose programs it then runs.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { largestDifference } from '../numeric/compare.ts';
import { commandLine, commandProcess } from '../testing/command.ts';
import { writePng } from '../testing/pngFiles.ts';
import { tinyImages, tinyTraining, writeTinyDataset } from '../testing/tinyImages.ts';
import { type MissingPart, packageWithoutNative } from '../testing/withoutNative.ts';

const train = ['train', '--data=data', '--no-test', ...tinyTraining];
const summaryOf = (folder: string, run: string) =>
  JSON.parse(readFileSync(join(folder, 'runs', run, 'summary.json'), 'utf8'));

describe('on wasm', () => {
  const emerging = commandProcess();
  beforeAll(() => writeTinyDataset(join(emerging.folder, 'data')));

  it('trains with workers, which have one thread each, and a resume says what moves', async () => {
    const { code, stderr } = await emerging.run(
      ...[
        ...train,
        '--steps=4',
        '--stop-at=2',
        '--device=wasm',
        '--threads=2',
        '--workers=2',
        '--out=runs/a',
      ],
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('with 2 data-parallel workers');
    expect(summaryOf(emerging.folder, 'a')).toMatchObject({
      device: 'wasm',
      threads: 2,
      workers: 2,
      steps: 2,
    });
    expect(readFileSync(join(emerging.folder, 'runs/a/README.md'), 'utf8')).toContain('on wasm');
    const resumed = await emerging.run('train', '--resume=runs/a', '--no-test', '--threads=1');
    expect(resumed.stderr).toContain(
      'trained on wasm with 2 threads and 2 workers before, now on cpu with 1 thread: results will differ',
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

describe.each<[MissingPart, RegExp]>([
  ['package', /^onnxruntime-node is not installed$/],
  ['binaries', /^onnxruntime-node cannot be loaded: Cannot find module '.*onnxruntime_binding\.node'$/],
])('without the %s of the native runtime', (missing, reason) => {
  const root = packageWithoutNative(missing);
  const emerging = commandLine(root);
  const warning = /^(emerging-flows|warning): (.*); using the device wasm instead, .*$/gm;

  it("runs the README's first example, with one line of warning", async () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const [, example] = /```ts\n(.*?)```/s.exec(readme)!;
    writeFileSync(join(root, 'example.mjs'), example!);
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['example.mjs'], { cwd: root });
    expect(stdout).toMatch(/^12544 true Float64Array\(16\) \[/);
    const [[line, , said] = []] = [...stderr.matchAll(warning)];
    expect(stderr).toBe(`${line}\n`);
    expect(said).toMatch(reason);
  });

  // One way suffices for what takes longer.
  if (missing === 'binaries') {
    it('lists what does not work, and trains on wasm', async () => {
      const { devices } = await emerging.json('devices');
      expect(devices[0]).toEqual({
        device: 'cpu',
        works: false,
        reason: expect.stringMatching(reason),
        remedy: 'install again with ONNXRUNTIME_NODE_INSTALL=skip in the environment',
      });
      expect(devices.at(-1)).toEqual({ device: 'wasm', works: true, reason: null, remedy: null });
      writeTinyDataset(join(emerging.folder, 'data'));
      const { code, stderr } = await emerging.run(
        ...train,
        '--steps=2',
        '--workers=2',
        '--threads=2',
        '--out=runs/a',
      );
      expect(code, stderr).toBe(0);
      expect([...stderr.matchAll(warning)]).toHaveLength(1);
      expect(summaryOf(emerging.folder, 'a')).toMatchObject({ device: 'wasm', workers: 2, steps: 2 });
    });
  }
});
