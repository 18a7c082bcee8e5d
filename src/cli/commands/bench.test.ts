// `emerging bench` as a process: its JSON keys and tables, for one mixing and for several.
import { expect, it } from 'vitest';
import { countParameters } from '../../models/flowRegistry.ts';
import type { ModelOptions } from '../../models/options.ts';
import { commandProcess } from '../../testing/command.ts';
import { describeOnGpu } from '../../testing/webgpu.ts';

const emerging = commandProcess();
const tiny = ['--levels=1', '--depth=1', '--width=4', '--batch=2', '--size=4', '--channels=1', '--rounds=2'];
const parameters = (mixing: '1x1' | 'emerging', changes: Partial<ModelOptions> = {}): number =>
  countParameters([4, 4, 1], {
    levels: 1,
    depth: 1,
    width: 4,
    mixing,
    coupling: 'affine',
    kernelSize: 3,
    dilation: 1,
    learnedPrior: true,
    bits: 8,
    ...changes,
  });

it('prints a list for several mixings, in the given order', async () => {
  const list = await emerging.json('bench', 'train', '--mixing=emerging,1x1', '--threads=1', ...tiny);
  expect(list.map(({ mixing }: { mixing: string }) => mixing)).toEqual(['emerging', '1x1']);
  for (const result of list) {
    expect(result).toMatchObject({ batch: 2, rounds: 2, parameters: parameters(result.mixing) });
    const [low, high] = result.imagesPerSecondRange;
    expect(result.imagesPerSecond).toBeGreaterThanOrEqual(low);
    expect(result.imagesPerSecond).toBeLessThanOrEqual(high);
    expect(result.forwardImagesPerSecond).toBeGreaterThan(0);
    expect(result.productShare).toBeGreaterThan(0);
    const { batch, gradients, update } = result.parts;
    expect(Math.min(batch, gradients, update)).toBeGreaterThan(0);
    expect(result.peakMemoryBytes).toBeGreaterThan(2 ** 24);
  }
});

it('trains a model with the chosen couplings', async () => {
  const chosen = {
    coupling: 'mixture',
    components: 3,
    conditioner: 'gated',
    blocks: 1,
    mask: 'checkerboard',
    checkerboard: [3],
    checkerboardWidth: 5,
  };
  const options = ['--coupling=mixture', '--components=3', '--conditioner=gated', '--blocks=1'];
  const where = ['--mask=checkerboard', '--checkerboard=3', '--checkerboard-width=5'];
  const common = ['--mixing=1x1', '--threads=1', '--no-products', ...tiny];
  const result = await emerging.json('bench', 'train', ...options, ...where, ...common);
  expect(result).toMatchObject({ ...chosen, parameters: parameters('1x1', chosen) });
  expect(result.imagesPerSecond).toBeGreaterThan(0);
});

it('samples a model with the chosen couplings, and notes options without effect', async () => {
  const { code, stderr } = await emerging.run(
    ...['bench', 'sample', '--mixing=1x1', '--coupling=mixture', '--blocks=1', '--threads=1', ...tiny],
  );
  expect(code).toBe(0);
  expect(stderr).toContain(
    'warning: model.blocks has no effect: model.conditioner is glow, and only gated uses it\n',
  );
  expect(stderr).not.toContain('model.coupling');
});

it('prints a single object for one mixing', async () => {
  const result = await emerging.json('bench', 'train', '--mixing=1x1', '--threads=1', ...tiny);
  expect(result).toMatchObject({ mixing: '1x1', parameters: parameters('1x1') });
});

it('reports the time of one worker with data-parallel workers', async () => {
  const shared = ['--mixing=1x1', '--threads=2', '--workers=2', ...tiny, '--batch=4'];
  const result = await emerging.json('bench', 'train', ...shared);
  expect(result).toMatchObject({ workers: 2, batch: 4 });
  const alone = await emerging.json('bench', 'train', '--mixing=1x1', '--threads=1', ...tiny);
  const gemms = ({ operators }: { operators: { operator: string; nodes: number }[] }) =>
    operators.find(({ operator }) => operator === 'Gemm')!.nodes;
  expect(gemms(result)).toBe(gemms(alone));
  expect(result.productShare).toBeGreaterThan(0);
});

it('prints tables', async () => {
  const { code, stdout } = await emerging.run('bench', 'train', '--mixing=1x1', '--threads=1', ...tiny);
  expect(code).toBe(0);
  const [head, row, ...rest] = stdout.trim().split('\n');
  expect(head).toMatch(
    /^MIXING +PARAMETERS +TRAINING, IMAGES\/S +FORWARD, IMAGES\/S +PRODUCTS +PEAK MEMORY +ACTIVATIONS +WORKERS$/,
  );
  expect(row).toMatch(/^1x1 +\d+ .* \d+ % +\d+ MiB +kept +1$/);
  expect(rest[0]).toBe('');
  expect(rest[1]).toMatch(/^STEP, MS +BATCH +GRADIENTS +UPDATE$/);
  expect(rest[2]).toMatch(/^1x1 +\d+\.\d +\d+\.\d +\d+\.\d$/);
  expect(rest[3]).toBe('');
  expect(rest[4]).toMatch(/^1X1: OPERATOR +NODES +MS +SHARE$/);
  const shares = rest.slice(5).map((line) => Number(/([\d.]+) %$/.exec(line)?.[1]));
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(100, 0);
});

it('times samples along with forward passes', async () => {
  const list = await emerging.json('bench', 'sample', '--mixing=1x1,emerging', '--threads=1', ...tiny);
  expect(list.map(({ mixing }: { mixing: string }) => mixing)).toEqual(['1x1', 'emerging']);
  expect(list[0].againstFirst).toBe(1);
  for (const { forwardSeconds, sampleSeconds, batch } of list) {
    expect(Math.min(forwardSeconds, sampleSeconds)).toBeGreaterThan(0);
    expect(batch).toBe(2);
  }
});

it('times sampling with each inverse of emerging convolutions', async () => {
  const both = ['--mixing=1x1,emerging', '--inverse=wavefront,sequential', '--threads=1'];
  const list = await emerging.json('bench', 'sample', ...both, ...tiny);
  expect(list.map(({ mixing, inverse }: Record<string, string>) => [mixing, inverse])).toEqual([
    ['1x1', 'product'],
    ['emerging', 'wavefront'],
    ['emerging', 'sequential'],
  ]);
  for (const { sampleSeconds, sampleMillisecondsPerImage } of list) {
    expect(sampleMillisecondsPerImage).toBeCloseTo((1000 * sampleSeconds) / 2, 9);
  }
});

it('times inverses at the given shapes', async () => {
  const list = await emerging.json(
    ...['bench', 'inverse', '--shapes=3x4x2,5x1x3', '--batch=2', '--rounds=1', '--threads=1'],
  );
  expect(list.map(({ shape, method }: Record<string, string>) => `${shape} ${method}`)).toEqual([
    '3x4x2 wavefront',
    '3x4x2 sequential',
    '5x1x3 wavefront',
    '5x1x3 sequential',
  ]);
  const { code, stderr } = await emerging.run('bench', 'inverse', '--shapes=8x8');
  expect(code).toBe(2);
  expect(stderr).toContain('a list of HEIGHTxWIDTHxCHANNELS, such as 8x8x12,16x16x12');
});

it('times the inverses of each level by each method, all of them accurate', async () => {
  const shape = ['--levels=2', '--batch=2', '--size=8', '--channels=1', '--rounds=2', '--kernel-size=5'];
  const mixings = 'emerging,periodic,maf,1x1,1x1-plu,1x1-qr,reverse,shuffle';
  const list = await emerging.json('bench', 'inverse', `--mixing=${mixings}`, '--threads=1', ...shape);
  const first = list.slice(0, 4).map(({ shape, method }: Record<string, string>) => [shape, method]);
  expect(first).toEqual([
    ['4x4x4', 'wavefront'],
    ['4x4x4', 'sequential'],
    ['2x2x8', 'wavefront'],
    ['2x2x8', 'sequential'],
  ]);
  expect(list.length).toBe(18);
  for (const { method, error, seconds } of list) {
    expect(error, method).toBeLessThan(method === 'sequential' ? 1e-12 : 1e-4);
    expect(seconds).toBeGreaterThan(0);
  }
});

describeOnGpu('bench train on a device', () => {
  const onDevice = ['bench', 'train', '--device=webgpu', '--mixing=1x1', ...tiny];

  it('counts what a step moves and starts, the same every time', async () => {
    const result = await emerging.json(...onDevice);
    expect(result).toMatchObject({
      device: 'webgpu',
      productShare: null,
      operators: [],
      activations: 'keep',
    });
    expect(result).not.toHaveProperty('threads');
    expect(result.adapters.length).toBeGreaterThan(0);
    // Images and noise of 2x4x4x1 numbers, the host's results, and the scalars of an update go up.
    const { traffic, dispatches } = result;
    expect(traffic.bytesUp).toBeGreaterThanOrEqual(2 * 2 * 16 * 4);
    expect(traffic.bytesUp).toBeLessThan(4 * result.parameters);
    // bits/dim of two images and the norm come down.
    expect(traffic.bytesDown).toBeGreaterThanOrEqual(3 * 4);
    expect(traffic.bytesDown).toBeLessThan(4 * result.parameters);
    expect(traffic.waits).toBeGreaterThan(0);
    expect(traffic.waits).toBeLessThanOrEqual(traffic.runs);
    expect(dispatches).toBeGreaterThan(traffic.runs);
    expect(await emerging.json(...onDevice)).toMatchObject({ traffic, dispatches });
  });

  it('counts more runs with recomputed activations, and no dispatches if not asked to', async () => {
    const kept = await emerging.json(...onDevice, '--no-products');
    const recomputed = await emerging.json(...onDevice, '--no-products', '--activations=recompute');
    expect(recomputed).toMatchObject({ activations: 'recompute', dispatches: null });
    expect(recomputed.traffic.runs).toBeGreaterThan(kept.traffic.runs);
  });

  it('prints where, and what was left out', async () => {
    const { code, stdout } = await emerging.run(...onDevice);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^STEP +DISPATCHES +RUNS +WAITS +UP +ARRAYS +DOWN +ARRAYS$/m);
    expect(stdout).toMatch(/^1x1 +\d+ +\d+ +\d+ +[\d.]+ \w+ +\d+ +[\d.]+ \w+ +\d+$/m);
    expect(stdout).toMatch(/^on webgpu, .+; products and operators are timed on the CPU only$/m);
    expect(stdout).not.toContain('OPERATOR');
  });
});
