// The coupling network processes a few images at a time, in one of two layouts: neither may affect its
// results.
import { it } from 'vitest';
import { compile } from '../engine/program.ts';
import { type NdArray, sizeOf } from '../numeric/ndarray.ts';
import { RandomStream } from '../numeric/random.ts';
import { gradients } from '../tensor/gradient.ts';
import { add, sum } from '../tensor/operations/index.ts';
import { constant, input } from '../tensor/tensor.ts';
import { expectClose } from '../testing/golden.ts';
import { coupling } from './coupling.ts';
import { parametersFrom } from './parameters.ts';

const IMAGES = 9;
const SIZE = 16;
const CHANNELS = 2;
/** Wide enough that nine images exceed a block. */
const WIDTH = 512;

const layer = coupling([SIZE, SIZE, CHANNELS], { width: WIDTH });
const random = new RandomStream(0, 'coupling');
const normals = (shape: readonly number[], deviation: number): NdArray => ({
  shape: [...shape],
  data: random.normals(sizeOf(shape)).map((value) => deviation * value),
});
const parameters = Object.fromEntries(
  Object.entries(layer.parameters).map(([name, { shape }]) => [name, normals(shape, 0.05)]),
);

/** y and ln|det|, and optionally the gradients of Σ y + Σ ln|det|, of a batch of `images` images. */
async function programOf(images: number, differentiated: boolean) {
  const x = input('x', [images, SIZE, SIZE, CHANNELS]);
  const tensors = Object.fromEntries(
    Object.entries(layer.parameters).map(([name, { shape }]) => [name, input(name, shape)]),
  );
  const { y, logDet } = layer.forward(x, parametersFrom(tensors));
  const variables = { x, ...tensors };
  const found = gradients(add(sum(y), sum(logDet)), Object.values(variables), constant(1));
  const named = Object.keys(variables).map((name, index) => [`gradient of ${name}`, found[index]!]);
  const outputs = { y, logDet, ...(differentiated && Object.fromEntries(named)) };
  return compile({ inputs: { x, ...tensors }, outputs }, { precision: 'float64', threads: 1 });
}

it.each([
  ['for gradients', true],
  ['for values', false],
])('matches its images one by one, for a batch in blocks laid out %s', async (_, differentiated) => {
  const x = normals([IMAGES, SIZE, SIZE, CHANNELS], 1);
  const whole = await programOf(IMAGES, differentiated);
  const single = await programOf(1, differentiated);
  const together = await whole.run({ x, ...parameters });
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
  await whole.release();
  await single.release();
});
