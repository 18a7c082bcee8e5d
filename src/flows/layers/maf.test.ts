import { expect, it } from 'vitest';
import { countElements, type ImageShape, type NdArray } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { evaluate } from '../../tensor/engine/program.ts';
import { constant } from '../../tensor/tensor.ts';
import { expectClose } from '../../testing/golden.ts';
import { countTrained, parametersFrom } from '../contract/parameters.ts';
import { maf } from './maf.ts';

it('is inverted although unsettled values grow without bound on the way', async () => {
  const shape: ImageShape = [16, 16, 12];
  const layer = maf(shape);
  const random = new RandomStream(3, 'maf');
  const parameters = Object.fromEntries(
    Object.entries(layer.parameters).map(([path, spec]) => {
      const deviation = path.endsWith('conv3/kernel') ? 0.2 : 0;
      const data = spec.initial(random).map((value) => value + deviation * random.normal());
      return [path, constant({ shape: spec.shape, data })];
    }),
  );
  const full = [1, ...shape];
  const x: NdArray = { shape: full, data: random.normals(countElements(full)) };
  const p = parametersFrom(parameters);
  const [y] = await evaluate([layer.forward(constant(x), p).y]);
  expect(Math.max(...y!.data.map(Math.abs))).toBeLessThan(20);
  const [back] = await evaluate([layer.inverse(constant(y!), p)]);
  expectClose('x', back!.data, x.data, 'float64', 1e-6);
});

it.each([
  [1, 1],
  [3, 6],
  [3, 12],
  [6, 6],
])('knows how many weights the masks of %i channels and %i hidden ones leave', (channels, hiddenChannels) => {
  for (const { mask, unmasked } of Object.values(maf([4, 4, channels], { hiddenChannels }).parameters)) {
    expect(unmasked).toBe(mask?.().reduce((total, value) => total + value, 0));
  }
});

it('counts its weights without computing a mask of gigabytes', () => {
  const { parameters } = maf([4, 4, 4], { hiddenChannels: 65_536 });
  expect(countTrained(parameters)).toBeGreaterThan(2 ** 32);
});

it('rejects hidden channels that do not divide evenly, when it is built', () => {
  expect(() => maf([4, 4, 3], { hiddenChannels: 10 })).toThrow(
    'maf: 10 hidden channels do not divide evenly',
  );
});
