// The device wasm in Node: the golden cases, full memory, and the file that it loads.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { expectWithin, goldenCases } from '../../testing/golden.ts';
import { layerChecks } from '../../testing/goldenLayers.ts';
import { modelChecks } from '../../testing/goldenModels.ts';
import { optimizerChecks } from '../../testing/goldenOptimizers.ts';
import { add } from '../operations/index.ts';
import { input } from '../tensor.ts';
import { tryDevice } from './listDevices.node.ts';
import { compile } from './program.ts';
import { runtimeSha256 } from './runtime.node.ts';

// In float64, `goldenInPage.test.ts` checks them with the same file.
describe('golden cases in float32', () => {
  for (const [names, check] of [...layerChecks, ...modelChecks, ...optimizerChecks]) {
    it.each(goldenCases(names))('%s', async (_, golden) =>
      expectWithin(await check(golden, 'float32', 'wasm')),
    );
  }
});

it.each([
  ['as large as', 2 ** 15],
  ['little smaller than', 2 ** 15 - 64],
])('says what to do about an array %s its memory', async (_, columns) => {
  const [x, y] = [input('x', [2 ** 15, 1]), input('y', [1, columns])];
  const program = await compile({ inputs: { x, y }, outputs: { sum: add(x, y) } }, { device: 'wasm' });
  const feeds = {
    x: { shape: x.shape, data: new Float32Array(2 ** 15) },
    y: { shape: y.shape, data: new Float32Array(columns) },
  };
  await expect(program.run(feeds)).rejects.toMatchObject({
    code: 'out-of-memory',
    message: expect.stringMatching(/^WebAssembly has no more memory .*, or device: 'cpu'$/),
  });
  await program.release();
  await tryDevice({ device: 'wasm' });
});

/** A function with an instruction of relaxed SIMD, whose result depends on the processor. */
const relaxed = Buffer.from(
  '0061736d010000000105016000017b030201000a130111004101fd0f4102fd0f4103fd0ffd93020b',
  'hex',
);

describe('the WebAssembly', () => {
  it('is the file that was checked', async () => {
    // After an upgrade of onnxruntime-web, change this if the next test passes; it is skipped in newer versions of Node.
    expect(await runtimeSha256()).toBe('3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2');
  });

  it.skipIf(WebAssembly.validate(relaxed))('has no instruction of relaxed SIMD (needs Node 20)', () => {
    const file = createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');
    expect(WebAssembly.validate(readFileSync(file))).toBe(true);
  });
});
