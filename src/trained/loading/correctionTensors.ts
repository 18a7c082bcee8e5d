// Corrections as tensors of a safetensors file: single pixels by position, and whole images.
import type { Flow } from '../../models/flow.ts';
import { dimensionsOf, type ImageShape } from '../../numeric/imageShape.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import { bitsOfKind, type Values, zeros } from '../../numeric/values.ts';
import type { Safetensors } from '../../storage/safetensors.ts';
import type { Correction, Corrections } from '../model/corrections.ts';

/** Throws that the file is damaged. */
export type Damaged = (problem: string) => never;

const paths = {
  position: 'correction/position',
  value: 'correction/value',
  index: 'whole/index',
  pixels: 'whole/pixels',
};

/** The tensors that hold corrections, by path. */
export function correctionTensors(corrections: Corrections, imageShape: ImageShape): Map<string, NdArray> {
  const dimensions = dimensionsOf(imageShape);
  const sorted = [...corrections].sort(([a], [b]) => a - b);
  const whole = sorted.filter(([, { positions }]) => positions === undefined);
  const positions = sorted.flatMap(([image, { positions = [] }]) =>
    Array.from(positions, (position) => image * dimensions + position),
  );
  const values = sorted.flatMap(([, { positions, values }]) => (positions ? [...values] : []));
  const pixels = new Float32Array(whole.length * dimensions);
  whole.forEach(([, { values }], index) => {
    pixels.set(values, index * dimensions);
  });
  return new Map<string, NdArray>([
    // In float64, which holds every index; float32 stops at 2^24.
    [paths.position, { shape: [positions.length], data: Float64Array.from(positions) }],
    [paths.value, { shape: [values.length], data: Float32Array.from(values) }],
    [paths.index, { shape: [whole.length], data: Float64Array.from(whole, ([image]) => image) }],
    [paths.pixels, { shape: [whole.length, ...imageShape], data: pixels }],
  ]);
}

/** The corrections that a file holds for `count` images. */
export function correctionsIn(
  { tensors }: Safetensors,
  { count, model, damaged }: { count: number; model: Pick<Flow, 'imageShape' | 'values'>; damaged: Damaged },
): Map<number, Correction> {
  const { imageShape, values: own } = model;
  const dimensions = dimensionsOf(imageShape);
  const tensorOf = (path: string, inner: readonly number[] = []): NdArray['data'] => {
    const tensor = tensors.get(path) ?? damaged(`${path} is missing`);
    const [length = -1, ...rest] = tensor.shape;
    if (length < 0 || rest.join() !== inner.join()) {
      damaged(`${path} has shape [${tensor.shape.join(', ')}]`);
    }
    return tensor.data;
  };
  const [positions, values] = [tensorOf(paths.position), tensorOf(paths.value)];
  const [indices, pixels] = [tensorOf(paths.index), tensorOf(paths.pixels, imageShape)];
  const areAscending = (numbers: NdArray['data'], end: number) =>
    numbers.every((n, i) => Number.isInteger(n) && n > (i === 0 ? -1 : numbers[i - 1]!) && n < end);
  const most = 2 ** (bitsOfKind(own.kind) ?? 0) - 1;
  const areValues = (numbers: NdArray['data']) =>
    own.kind === 'float32'
      ? numbers.every(Number.isFinite)
      : numbers.every((value) => Number.isInteger(value) && value >= 0 && value <= most);
  const valuesFrom = (numbers: NdArray['data']): Values => {
    const out = zeros(own.kind, numbers.length);
    out.set(numbers);
    return out;
  };
  if (
    positions.length !== values.length ||
    !areAscending(positions, count * dimensions) ||
    !areValues(values)
  ) {
    damaged('its corrections of single pixels are not valid');
  }
  if (indices.length * dimensions !== pixels.length || !areAscending(indices, count) || !areValues(pixels)) {
    damaged('its whole images are not valid');
  }
  const corrections = new Map<number, Correction>();
  for (let start = 0; start < positions.length; ) {
    const image = Math.floor(positions[start]! / dimensions);
    let end = start;
    while (end < positions.length && positions[end]! < (image + 1) * dimensions) {
      end++;
    }
    corrections.set(image, {
      positions: Uint32Array.from(positions.subarray(start, end), (at) => at - image * dimensions),
      values: valuesFrom(values.subarray(start, end)),
    });
    start = end;
  }
  indices.forEach((image, index) => {
    const values = valuesFrom(pixels.subarray(index * dimensions, (index + 1) * dimensions));
    corrections.set(image, { values });
  });
  return corrections;
}
