// `emerging doctor` as a process: its report on a sound run, and on runs whose checkpoint was tampered with.
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors, tensorChecksum } from '../../../data/files/safetensors.ts';
import { commandProcess } from '../../../testing/command.ts';

const emerging = commandProcess();
const doctor = (run: string, ...args: string[]) =>
  emerging.run('doctor', run, '--threads=1', '--images=8', ...args);

beforeAll(() => emerging.trainTiny('--steps=12', '--no-test', '--out=runs/sound'));

/** A copy of the sound run, and the path of its last checkpoint. */
function copyRun(name: string): string {
  const folder = join(emerging.folder, 'runs', name);
  cpSync(join(emerging.folder, 'runs/sound'), folder, { recursive: true });
  const [last] = readdirSync(join(folder, 'checkpoints')).sort().reverse();
  return join(folder, 'checkpoints', last!);
}

/** Writes a value into an array of a checkpoint, and updates the checksum. */
function plant(checkpoint: string, name: string, index: number, value: number): void {
  const { tensors, metadata } = decodeSafetensors(readFileSync(checkpoint), checkpoint);
  tensors.get(name)!.data[index] = value;
  writeFileSync(
    checkpoint,
    encodeSafetensors(tensors, { ...metadata, checksum: tensorChecksum(tensors, metadata) }),
  );
}

describe('Ctrl-C', () => {
  const args = ['doctor', 'runs/sound', '--threads=1', '--images=8'];

  it('before the first layer prints nothing', async () => {
    const { code, stdout, stderr } = await emerging.interrupt('SIGINT', 'examining layers 0/', ...args);
    expect(code, stderr).toBe(130);
    expect(stdout).toBe('');
  });

  it('during hard images prints the layers and images', async () => {
    const text = await emerging.interrupt('SIGINT', 'trying hard images 1/', ...args);
    expect(text.code, text.stderr).toBe(130);
    expect(text.stdout).toMatch(
      /\nlevels\/0\/steps\/0\/emerging .*\nround trip: .*\n\nstopped after (\d+) of \1 layers: hard images were not examined\n.*\nsound so far: /s,
    );
    const json = await emerging.interrupt('SIGINT', 'trying hard images 1/', ...args, '--json');
    expect(json.code, json.stderr).toBe(130);
    expect(JSON.parse(json.stdout)).toMatchObject({
      stopped: true,
      reconstruction: { images: 8 },
      hardImages: null,
    });
  });
});

describe('a sound run', () => {
  it('passes, as JSON', async () => {
    const { code, stdout, stderr } = await doctor('runs/sound', '--json');
    expect(code, stderr).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ run: 'runs/sound', step: 12, weights: 'average', split: 'validation' });
    expect(report).toMatchObject({ ok: true, problems: [] });
    expect(report.reconstruction).toMatchObject({ images: 8, exactPixelShare: 1 });
    expect(report.reconstruction.largestError).toBeLessThan(1e-3);
    const emergingLayer = report.layers.find(
      ({ layer }: { layer: string }) => layer === 'levels/0/steps/0/emerging',
    );
    expect(emergingLayer).toMatchObject({ kind: 'emerging', logDetMethod: 'dense', nonFiniteWeights: [] });
    for (const key of ['roundTripError', 'logDetError', 'logDetRounding', 'conditionNumber']) {
      expect(emergingLayer[key], key).toEqual(expect.any(Number));
    }
    expect(report.available).toBe(16);
    const { kinds, smallestChange } = report.hardImages;
    expect(smallestChange).toEqual({ float32: null, float64: null });
    expect(kinds).toContainEqual({ kind: 'chosen', change: 2, lost: { float32: 0, float64: 0 } });
  });
});

describe('a run with', () => {
  it('a zeroed diagonal fails and names the layer', async () => {
    plant(copyRun('zero'), 'average/levels/1/steps/0/emerging/kernel1', 0, 0);
    const text = await doctor('runs/zero');
    expect(text.code).toBe(1);
    expect(text.stdout).toMatch(
      /problem +levels\/1\/steps\/0\/emerging: smallest \|diagonal\|: 0 \(limit 1e-4\)/,
    );
    expect(text.stdout).toMatch(/worst layer: levels\/1\/steps\/0\/emerging/);
    // Only the weights that evaluate uses are checked.
    expect((await doctor('runs/zero', '--weights=raw')).code).toBe(0);
  });

  it('likelihoods that say more about it than about images is named by score and compare', async () => {
    plant(copyRun('far'), 'average/levels/0/steps/0/actnorm/bias', 2, 1e13);
    const seen = ['--split=test', '--data=data', '--count=4', '--threads=1'];
    const scored = await emerging.run('score', 'runs/far', ...seen);
    expect(scored.stderr).toMatch(
      /\nimages: 4 of 4 above 800 bits\/dim, .* emerging doctor runs\/far examines its layers\n/,
    );
    const pair = ['runs/sound', 'runs/far', '--out=pair.png', '--threads=1'];
    const compared = await emerging.run('compare', ...pair);
    expect(compared.code).toBe(1);
    expect(compared.stderr).toMatch(
      /\nmean of runs\/far: 1 of 1 above 800 bits\/dim, .*; emerging doctor runs\/far examines its layers\n/,
    );
    expect(compared.stderr).not.toContain('mean of runs/sound');
    expect((await emerging.run('score', 'runs/sound', ...seen)).stderr).not.toContain('bits/dim');
  });

  it('a flipped byte is reported, and the run is still checked', async () => {
    const checkpoint = copyRun('flipped');
    const bytes = readFileSync(checkpoint);
    // The last byte belongs to a moment of the optimiser: the weights are sound.
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(checkpoint, bytes);
    const { code, stdout } = await doctor('runs/flipped', '--json');
    expect(code).toBe(1);
    const { ok, problems, layers } = JSON.parse(stdout);
    expect(ok).toBe(false);
    expect(problems).toEqual([
      {
        layer: 'checkpoint',
        what: expect.stringMatching(/checksum/),
        value: 'wrong checksum',
        text: expect.stringMatching(/checksum/),
      },
    ]);
    expect(layers.every(({ roundTripError }: { roundTripError: number }) => roundTripError < 1e-4)).toBe(
      true,
    );
    const evaluation = await emerging.run('evaluate', 'runs/flipped');
    expect(evaluation.code).toBe(1);
    expect(evaluation.stderr).toMatch(/^emerging: .*checksum.*\n$/);
  });
});
