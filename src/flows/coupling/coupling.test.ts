// The coupling network processes some of its pixels at a time, which may not affect its results. A floor bounds its scale.
import { describe, expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { countElements, type NdArray } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { compile, evaluate } from '../../tensor/engine/program.ts';
import { gradients } from '../../tensor/gradients/gradient.ts';
import { add, concatenate, sum } from '../../tensor/operations/index.ts';
import { constant, input } from '../../tensor/tensor.ts';
import { expectClose } from '../../testing/golden.ts';
import { asInputs } from '../../testing/programValues.ts';
import { parametersFrom } from '../contract/parameters.ts';
import { type AffineOptions, affine } from './affine.ts';
import { coupling } from './coupling.ts';
import { glowConditioner } from './glowConditioner.ts';
import { mixture } from './mixture.ts';

const IMAGES = 9;
const SIZE = 16;
const CHANNELS = 2;
/** Wide enough that nine images exceed a block. */
const WIDTH = 512;

const layer = coupling([SIZE, SIZE, CHANNELS], { conditioner: glowConditioner({ width: WIDTH }) });
const random = new RandomStream(0, 'coupling');
const normals = (shape: readonly number[], deviation: number): NdArray => ({
  shape: [...shape],
  data: random.normals(countElements(shape)).map((value) => deviation * value),
});
const parameters = Object.fromEntries(
  Object.entries(layer.parameters).map(([name, { shape }]) => [name, normals(shape, 0.05)]),
);

/** y and ln|det|, and optionally the gradients of Σ y + Σ ln|det|, of a batch of `images` images. */
async function buildProgram(images: number, differentiated: boolean) {
  const x = input('x', [images, SIZE, SIZE, CHANNELS]);
  const tensors = asInputs(layer.parameters);
  const { y, logDet } = layer.forward(x, parametersFrom(tensors));
  const variables = { x, ...tensors };
  const parameterGradients = gradients(add(sum(y), sum(logDet)), Object.values(variables), constant(1));
  const named = Object.keys(variables).map((name, index) => [
    `gradient of ${name}`,
    parameterGradients[index]!,
  ]);
  const outputs = { y, logDet, ...(differentiated && Object.fromEntries(named)) };
  return compile({ inputs: { x, ...tensors }, outputs }, { precision: 'float64', threads: 1 });
}

it.each([
  ['affine', affine(), 0],
  ['mixture', mixture({ components: 1 }), 3],
] as const)(
  'scales small numbers in float32 by what the log-determinant says: %s',
  async (_, transform, others) => {
    const t = Float64Array.of(-8, -12, -15, -18, -30, -80).map((raw) => raw - 2);
    const transformer = transform([1, t.length, 1]);
    const [x, numbers] = [input('x', [1, 1, t.length, 1]), input('numbers', [1, 1, t.length, others + 2])];
    const { y, logDetMap } = transformer.forward(x, parametersFrom({}), { numbers });
    const program = await compile(
      {
        inputs: { x, numbers },
        outputs: { y, logDetMap: logDetMap!, back: transformer.inverse(y, parametersFrom({}), { numbers }) },
      },
      { threads: 1 },
    );
    const results = await program.run({
      x: { shape: x.shape, data: new Float64Array(t.length) },
      numbers: {
        shape: numbers.shape,
        // Of each value: numbers of the mixture, all 0, the shift and t.
        data: Float64Array.from([...t].flatMap((each) => [...Array<number>(others).fill(0), 3, each])),
      },
    });
    await program.release();
    t.forEach((each, index) => {
      const scale = 1 / (1 + Math.exp(-each - 2));
      expect(results.y!.data[index]! / (3 * scale)).toBeCloseTo(1, 4);
      expect(results.logDetMap!.data[index]).toBeCloseTo(Math.log(scale), 4);
      expect(results.back!.data[index]).toBeCloseTo(0, 4);
    });
  },
);

it.each([
  ['with gradients', true],
  ['without', false],
])('matches its images one by one, for a batch in blocks, %s', async (_, differentiated) => {
  const x = normals([IMAGES, SIZE, SIZE, CHANNELS], 1);
  const batchProgram = await buildProgram(IMAGES, differentiated);
  const single = await buildProgram(1, differentiated);
  const together = await batchProgram.run({ x, ...parameters });
  const perImage = x.data.length / IMAGES;
  const alone: Record<string, NdArray>[] = [];
  for (let image = 0; image < IMAGES; image++) {
    const data = x.data.slice(image * perImage, (image + 1) * perImage);
    alone.push(await single.run({ x: { shape: [1, SIZE, SIZE, CHANNELS], data }, ...parameters }));
  }
  for (const [name, { data }] of Object.entries(together)) {
    const parts = alone.map((result) => result[name]!.data);
    const isPerImage = data.length === IMAGES * parts[0]!.length;
    const expected = isPerImage
      ? parts.flatMap((part) => [...part])
      : [...parts[0]!].map((_, index) => parts.reduce((total, part) => total + part[index]!, 0));
    expectClose(name, data, expected, 'float64');
  }
  await batchProgram.release();
  await single.release();
});

it('names the number of channels of a conditioner that returns too few', () => {
  const layer = coupling([1, 2, 2], { conditioner: (seen) => concatenate([seen, seen, seen], 3) });
  const x = input('x', [1, 1, 2, 2]);
  const message =
    'coupling: the conditioner returned 3 channels instead of 2: the transformer takes 2 parameters for each of 1 channels';
  expect(() => layer.forward(x, parametersFrom({}))).toThrow(new UserError('mismatch', message));
  expect(() => layer.inverse(x, parametersFrom({}))).toThrow(message);
});

describe('a floor under the scale', () => {
  /** Networks whose last convolution has weights of zero return its bias: shift −0.7 and this t. */
  async function withBias(t: number, options: AffineOptions) {
    const parts = { conditioner: glowConditioner({ width: 3 }), transformer: affine(options) };
    const layer = coupling([1, 2, 2], parts);
    const tensors = Object.fromEntries(
      Object.entries(layer.parameters).map(([name, { shape }]) => {
        const ends = name === 'conv3/bias' ? [-0.7, t] : [0, 0];
        const data = Float64Array.from({ length: countElements(shape) }, (_, index) => ends[index % 2]!);
        return [name, constant({ shape, data })];
      }),
    );
    const p = parametersFrom(tensors);
    const x = constant({ shape: [1, 1, 2, 2], data: Float64Array.of(3, 0.5, -2, 1.1) });
    const { y, logDet } = layer.forward(x, p);
    const [yArray, logDetArray, inverse] = await evaluate([y, logDet, layer.inverse(y, p)]);
    return { y: yArray!.data, logDet: logDetArray!.data, inverse: inverse!.data };
  }

  it.each<[number, number]>([
    [0, -3],
    [0, 1.5],
    [0.2, -400],
    [0.2, -3],
    [0.2, 0],
    [0.2, 1.5],
  ])('of %d matches the formula at t = %d', async (floor, t) => {
    const scale = floor + (1 - floor) / (1 + Math.exp(-(t + 2)));
    const { y, logDet, inverse } = await withBias(t, { scaleFloor: floor });
    expectClose('y', y, [3, -0.2 * scale, -2, 0.4 * scale], 'float64');
    expectClose('logDet', logDet, [2 * Math.log(scale)], 'float64');
    expectClose('inverse', inverse, [3, 0.5, -2, 1.1], 'float64');
  });

  it('is refused outside its range', () => {
    for (const scaleFloor of [-0.1, 1, Number.NaN]) {
      expect(() => affine({ scaleFloor })).toThrow(
        `affine: scaleFloor must be at least 0 and below 1, not ${scaleFloor}`,
      );
    }
  });
});
