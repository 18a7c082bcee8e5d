// Pictures of activations: squeezes undone, channels left over side by side, one range.
import { describe, expect, it } from 'vitest';
import { countElements, type ImageShape, type NdArray } from '../../core/numeric/arrays.ts';
import { parametersFrom } from '../../flows/contract/parameters.ts';
import { squeeze } from '../../flows/layers/squeeze.ts';
import { evaluate } from '../../tensor/engine/program.ts';
import { constant } from '../../tensor/tensor.ts';
import { drawActivations } from './activations.ts';

const counting = (shape: readonly number[]): NdArray => ({
  shape,
  data: Float64Array.from({ length: countElements(shape) }, (_, index) => index % 256),
});

async function squeezed(x: NdArray): Promise<NdArray> {
  const shape = x.shape.slice(1) as unknown as ImageShape;
  const [y] = await evaluate([squeeze(shape).forward(constant(x), parametersFrom({})).y]);
  return y!;
}

describe('drawActivations', () => {
  it.each<ImageShape>([
    [8, 12, 1],
    [4, 8, 3],
  ])('undoes squeezes of %o', async (...imageShape) => {
    const x = counting([2, ...imageShape]);
    const twice = await squeezed(await squeezed(x));
    const drawn = drawActivations(twice, { imageShape, range: [0, 255] });
    expect(drawn).toEqual({ pixels: Uint8Array.from(x.data), imageShape, range: [0, 255] });
  });

  it('places what is left over side by side, and fills the rest with grey', async () => {
    // Three images of one channel, 2x3 pixels, squeezed from 4x6.
    const x = { shape: [1, 2, 3, 3], data: Float64Array.from({ length: 18 }, (_, index) => index) };
    const { pixels, imageShape } = drawActivations(x, { imageShape: [4, 6, 1], range: [0, 255] });
    expect(imageShape).toEqual([4, 6, 1]);
    expect(Array.from({ length: 4 }, (_, row) => Array.from(pixels.subarray(6 * row, 6 * row + 6)))).toEqual([
      [0, 3, 6, 1, 4, 7],
      [9, 12, 15, 10, 13, 16],
      [2, 5, 8, 128, 128, 128],
      [11, 14, 17, 128, 128, 128],
    ]);
  });

  it('shows most values between black and white, whatever a few outliers do, and NaN as grey', () => {
    const data = Float32Array.from({ length: 4000 }, (_, index) => (index % 100) / 100);
    data[0] = 1e9;
    data[1] = Number.NaN;
    const { pixels, range } = drawActivations({ shape: [1, 40, 100, 1], data }, { imageShape: [40, 100, 1] });
    expect(range[0]).toBeCloseTo(0, 2);
    expect(range[1]).toBeCloseTo(0.99, 2);
    expect([pixels[0], pixels[1], pixels[100], pixels[199]]).toEqual([255, 128, 0, 255]);
  });

  it('draws equal values as grey', () => {
    const flat = { shape: [1, 2, 2, 1], data: new Float32Array(4).fill(7) };
    expect(new Set(drawActivations(flat, { imageShape: [2, 2, 1] }).pixels)).toEqual(new Set([128]));
  });
});
