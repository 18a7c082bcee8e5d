// The bytes of a compressed file depend on no function that engines compute differently.
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { countDimensions, type ImageShape } from '../../core/numeric/arrays.ts';
import type { ModelOptions } from '../../flows/models/options.ts';
import { weightsBytes } from '../../model/loading/exportFiles.ts';
import { randomModel } from '../../testing/randomModel.ts';
import { tinyImages } from '../../testing/tinyImages.ts';

/** Functions that standards leave to each engine. */
const uncertain = [
  ...([
    'acos',
    'acosh',
    'asin',
    'asinh',
    'atan',
    'atan2',
    'atanh',
    'cbrt',
    'cos',
    'cosh',
    'exp',
    'expm1',
  ] as const),
  ...(['hypot', 'log', 'log10', 'log1p', 'log2', 'pow', 'sin', 'sinh', 'tan', 'tanh'] as const),
];

/** The number some units in the last place away from x. */
function moved(x: number, units: bigint): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, x);
  bits.setBigUint64(0, bits.getBigUint64(0) + units);
  return x === 0 || !Number.isFinite(x) ? x : bits.getFloat64(0);
}

const grey: ImageShape = [8, 8, 1];
const colour: ImageShape = [4, 8, 3];
const models: [string, ImageShape, Partial<ModelOptions>][] = [
  ['emerging', colour, { mixing: 'emerging' }],
  ['1x1-plu', colour, { mixing: '1x1-plu' }],
  ['1x1-qr', colour, { mixing: '1x1-qr' }],
  ['finc', colour, { mixing: 'finc' }],
  ['affine, scale floor', grey, { mixing: '1x1', coupling: { name: 'affine', scaleFloor: 0.3 } }],
  [
    'mixture, gated',
    grey,
    { mixing: '1x1', coupling: 'mixture', conditioner: 'gated', checkerboard: [1, 0] },
  ],
  ['classes', grey, { mixing: 'shuffle', classes: ['a', 'b', 'c'] }],
];

/** The weights of each model, and the images that it codes. */
const inputs = models.map(([name, shape, options]) => ({
  name,
  weights: weightsBytes(randomModel(shape, options, 0.1)),
  pixels: tinyImages(2 * shape[2], 8, 5).subarray(0, 2 * countDimensions(shape)),
}));

/**
 * Codes the images of each model with modules that no one has imported yet, because some keep a function of `Math` when they
 * are loaded. On a stack with bits enough, so that none is stored plainly, which depends on no model.
 */
async function coded(): Promise<Record<string, Uint8Array>> {
  vi.resetModules();
  const { modelCoder } = await import('./model/modelCoder.ts');
  const { EngineNetworks } = await import('./model/engineNetworks.ts');
  const { BitStack } = await import('../../core/numeric/bitStack.ts');
  const { readExport, WEIGHTS_FILE } = await import('../../model/loading/exportFiles.ts');
  const { memoryFiles } = await import('../../data/files/fileStore.ts');
  const results: Record<string, Uint8Array> = {};
  for (const { name, weights, pixels } of inputs) {
    const stack = new BitStack();
    for (let index = 0; index < 12 * pixels.length; index++) {
      stack.push((index * 151) % 256, 256);
    }
    const networks = new EngineNetworks();
    const model = await readExport(memoryFiles('the model', { [WEIGHTS_FILE]: weights }));
    await (await modelCoder(model, networks)).encode(pixels, stack);
    await networks.release();
    results[name] = stack.toBytes();
  }
  return results;
}

let expected: Record<string, Uint8Array>;
beforeAll(async () => {
  expected = await coded();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Makes this another engine. */
function roundOtherwise(units: bigint): void {
  for (const name of uncertain) {
    const right = Math[name] as (...numbers: number[]) => number;
    vi.spyOn(Math, name).mockImplementation((...numbers: number[]) => moved(right(...numbers), units));
  }
}

// Whole numbers hide most changes of the last bit: the second engine is worse than any.
it.each([1n, 2n ** 32n])(
  'an engine whose functions are %s units in the last place off writes the same bits',
  async (units) => {
    roundOtherwise(units);
    expect(await coded()).toEqual(expected);
  },
);

it('constants are folded in the same way', async () => {
  const folded = async (): Promise<number[]> => {
    vi.resetModules();
    const { elu, exp, log, logAbs, logSigmoid, sigmoid } = await import('../../tensor/operations/index.ts');
    return [exp, log, logAbs, sigmoid, logSigmoid]
      .flatMap(({ operation }) => [0.3, 2.7].map((x) => operation.evaluate!(x)))
      .concat(elu.operation.evaluate!(-0.3));
  };
  const foldedHere = await folded();
  roundOtherwise(1n);
  expect(await folded()).toEqual(foldedHere);
});
