// The command line on a GPU, here a software one: what a run records of it, and how it fails.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { commandProcess } from '../../testing/command.ts';
import { tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';
import { describeOnGpu } from '../../testing/webgpu.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
const train = ['train', '--data=data', '--no-test', ...tinyTraining];
const readSummary = (run: string) => JSON.parse(readFileSync(inFolder('runs', run, 'summary.json'), 'utf8'));
const lastLine = (text: string): string => text.trim().split('\n').at(-1)!;

/** Runs the command with a runtime whose sessions fail from the start of the step after `step` on. */
function runFailing(message: string, step: number, ...args: string[]) {
  const common = createRequire(createRequire(import.meta.url).resolve('onnxruntime-node')).resolve(
    'onnxruntime-common',
  );
  const failure = `
    import { createRequire } from 'node:module';
    import { existsSync } from 'node:fs';
    const { InferenceSession } = createRequire(${JSON.stringify(import.meta.url)})(${JSON.stringify(common)});
    const { run } = InferenceSession.prototype;
    InferenceSession.prototype.run = function (...given) {
      return existsSync(${JSON.stringify(inFolder('runs/lost/checkpoints', `step-0000000${step}.safetensors`))})
        ? Promise.reject(new Error(${JSON.stringify(message)}))
        : run.apply(this, given);
    };`;
  const [node, ...words] = emerging.words(...args);
  return spawnSync(node!, ['--import', `data:text/javascript,${encodeURIComponent(failure)}`, ...words], {
    encoding: 'utf8',
    cwd: emerging.folder,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

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

  it.each([
    [
      'WebGPU device lost (2): gone',
      "the device 'webgpu' failed: WebGPU device lost (2): gone; use --device cpu",
    ],
  ])('ends in one line if the runtime says: %s', async (message, line) => {
    // The run is one only with its first checkpoint, of step 1.
    const args = [...train, '--steps=4', '--device=webgpu', '--out=runs/lost'];
    const { status, stderr } = runFailing(message, 1, ...args);
    expect(lastLine(stderr)).toBe(
      `emerging: ${line}. The run is safe up to step 1: emerging train --resume runs/lost resumes from there`,
    );
    expect(status).toBe(1);
    const resumed = await emerging.json('train --resume=runs/lost --no-test --device=cpu --threads=1');
    expect(resumed).toMatchObject({ steps: 4, device: 'cpu' });
    rmSync(inFolder('runs/lost'), { recursive: true });
  });
});
