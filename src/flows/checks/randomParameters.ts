// Parameters and images that expose a wrong formula: random, far from a layer's initial values.

import { countElements, type ImageShape, type NdArray, RandomStream } from '../../core/numeric/index.ts';
import type { ConditionShapes } from '../contract/condition.ts';
import type { ParameterSpec, ParameterSpecs } from '../contract/parameters.ts';

/**
 * Random values for all parameters of a layer, far from their initial values and from zero, with both signs;
 * where a mask is 0, garbage a thousand times as large.
 *
 * Kernels have entries of deviation 0.7/√fan-in, so that a convolution preserves the scale of its input, and
 * where their initial value is one, on the diagonal of a triangular matrix, ±(0.6 to 1.6). The inverse of a
 * triangular matrix grows exponentially with its size where the diagonal is not larger than the rest; with
 * these scales it loses less than three digits. Vectors are ±(0.1 to 0.4): a scale is e^3v, so a factor of
 * 0.3 to 3.3. Untrained parameters keep their initial values.
 */
export function randomParameters(specs: ParameterSpecs, seed = 1): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(specs).map(([path, spec]) => [
      path,
      { shape: spec.shape, data: randomValues(spec, new RandomStream(seed, 'parameters', path)) },
    ]),
  );
}

function randomValues({ shape, mask, trained, initial }: ParameterSpec, random: RandomStream): Float64Array {
  const start = initial(random);
  if (!trained) {
    return start;
  }
  const signed = (low: number, high: number) =>
    (random.uniform() < 0.5 ? -1 : 1) * (low + (high - low) * random.uniform());
  const contributes = mask?.();
  const deviation = 0.7 / Math.sqrt(countElements(shape.slice(0, -1)));
  return start.map((value, index) => {
    if (contributes?.[index] === 0) {
      return 1000 * random.normal();
    }
    if (shape.length === 1) {
      return signed(0.1, 0.4);
    }
    return Math.abs(value - 1) < 0.2 ? signed(0.6, 1.6) : deviation * random.normal();
  });
}

/** Conditions of a batch with these shapes for one image, normally distributed. */
export function randomCondition(images: number, shapes: ConditionShapes = {}): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const batchShape = [images, ...shape];
      return [
        name,
        {
          shape: batchShape,
          data: new RandomStream(5, 'condition', name).normals(countElements(batchShape)),
        },
      ];
    }),
  );
}

/** A batch of distinct images, normally distributed. */
export function randomImages(images: number, shape: ImageShape, name: string): NdArray {
  const batchShape = [images, ...shape];
  return { shape: batchShape, data: new RandomStream(2, name).normals(countElements(batchShape)) };
}
