// The command line on a GPU, here a software one: what a run records of it, and where a result is computed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { commandProcess } from '../../testing/command.ts';
import { tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';
import { describeOnGpu } from '../../testing/webgpu.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
const train = ['train', '--data=data', '--no-test', ...tinyTraining];
const readSummary = (run: string) => JSON.parse(readFileSync(inFolder('runs', run, 'summary.json'), 'utf8'));

describeOnGpu('the command line on a GPU', () => {
  beforeAll(() => writeTinyDataset(inFolder('data')));

  it('records no threads of a device, and says what a resume moves', async () => {
    await emerging.json(...train, '--steps=4', '--stop-at=2', '--device=webgpu', '--out=runs/a');
    expect(readSummary('a')).toMatchObject({ device: 'webgpu', workers: 1, steps: 2 });
    expect(readSummary('a')).not.toHaveProperty('threads');
    expect(readFileSync(inFolder('runs/a/README.md'), 'utf8')).toMatch(/on webgpu \|/);
    const { stderr } = await emerging.run('train', '--resume=runs/a', '--no-test', '--threads=1');
    expect(stderr).toContain('trained on webgpu before, now on cpu with 1 thread: results will differ');
    expect(readSummary('a')).toMatchObject({ device: 'cpu', threads: 1, steps: 4 });
    expect(readSummary('a').changes).toEqual([
      { step: 2, setting: 'device', from: 'webgpu', to: 'cpu' },
      { step: 2, setting: 'threads', from: null, to: 1 },
    ]);
  });

  it('says that float64 runs on the CPU', async () => {
    const note = 'webgpu has no float64: this runs on the CPU\n';
    const encode = ['encode', 'runs/a', '--data=data', '--device=webgpu'];
    const double = await emerging.run(...encode, '--precision=float64', '--out=double.latents');
    expect(double.code).toBe(0);
    expect(double.stderr).toContain(note);
    const decoded = await emerging.run('decode runs/a double.latents --device=webgpu --out=double');
    expect(decoded.code).toBe(0);
    expect(decoded.stderr).toContain(note);
    const single = await emerging.run(...encode, '--out=single.latents');
    expect(single.code).toBe(0);
    expect(single.stderr).not.toContain('float64');
  });
});
