// Weights in a few bits: what returns from them, what damage does, and what they cost.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { UserError } from '../core/errors.ts';
import { RandomStream } from '../core/numeric/random.ts';
import { memoryFiles } from '../data/files/fileStore.ts';
import { constant, constantValue } from '../tensor/tensor.ts';
import { randomModel } from '../testing/randomModel.ts';
import { changeHeader } from '../testing/safetensorsFiles.ts';
import { readExport, WEIGHTS_FILE, weightsBytes } from './loading/exportFiles.ts';
import { decodeWeights, encodeWeights, finestExponent, roundedModel, trainedPaths } from './smallWeights.ts';
import { modelFingerprint, type TrainedModel } from './trainedModel.ts';

const model = randomModel([4, 6, 3], { mixing: 'emerging', levels: 1 });
const paths = trainedPaths(model.model);
/** Exponents that differ from array to array. */
const exponents = paths.map((_, index) => (index * 5) % 12);

function readBack(bytes: Uint8Array): Promise<TrainedModel> {
  return readExport(memoryFiles('small', { [WEIGHTS_FILE]: bytes }));
}

it('return as multiples of a power of two, from a file that is a fraction of the size', async () => {
  const bytes = weightsBytes(model, exponents);
  expect(bytes.length).toBeLessThan(weightsBytes(model).length / 2);
  const read = await readBack(bytes);
  expect(modelFingerprint(read)).toBe(modelFingerprint(roundedModel(model, exponents)));
  for (const [index, path] of paths.entries()) {
    const step = 2 ** -exponents[index]!;
    const before = constantValue(model.parameters[path]!)!.data;
    const mask = model.model.parameters[path]!.mask?.();
    constantValue(read.parameters[path]!)!.data.forEach((weight, element) => {
      expect(Number.isInteger(weight / step)).toBe(true);
      const wanted = mask?.[element] === 0 ? 0 : before[element]!;
      expect(Math.abs(weight - wanted)).toBeLessThanOrEqual(step / 2);
    });
  }
  // Rounding again changes nothing.
  expect(weightsBytes(read, exponents)).toEqual(bytes);
});

it('return whatever they are, and take about as many bits as their entropy', () => {
  const [path] = paths.filter((name) => name.endsWith('conv2/kernel'));
  const { shape, data } = constantValue(model.parameters[path!]!)!;
  const only = { parameters: { [path!]: model.model.parameters[path!]! } };
  const trained = (values: ArrayLike<number>): TrainedModel => ({
    ...model,
    model: { ...model.model, ...only },
    parameters: { [path!]: constant({ shape, data: Float32Array.from(values) }) },
  });
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(fc.integer({ min: -(2 ** 23) + 1, max: 2 ** 23 - 1 }), fc.integer({ min: -3, max: 3 })),
        {
          minLength: data.length,
          maxLength: data.length,
        },
      ),
      fc.integer({ min: -100, max: 100 }),
      (numbers, exponent) => {
        const model = trained(numbers.map((number) => number * 2 ** -exponent));
        const decoded = decodeWeights(only, [exponent], encodeWeights(model, [exponent]))!;
        expect(decoded.get(path!)!.data).toEqual(constantValue(model.parameters[path!]!)!.data);
      },
    ),
  );
  const random = new RandomStream(0, 'weights');
  const wide = randomModel([4, 4, 2], { mixing: '1x1', levels: 1, conditioner: { width: 96 } });
  const normal = { ...wide, parameters: { ...wide.parameters } };
  let count = 0;
  for (const name of trainedPaths(wide.model)) {
    const { shape: weightShape } = constantValue(wide.parameters[name]!)!;
    const size = weightShape.reduce((product, length) => product * length, 1);
    count += size;
    normal.parameters[name] = constant({ shape: weightShape, data: Float32Array.from(random.normals(size)) });
  }
  const coded = encodeWeights(
    normal,
    trainedPaths(wide.model).map(() => 3),
  );
  // The entropy of a normal number in steps of 1/8.
  const entropy = 0.5 * Math.log2(2 * Math.PI * Math.E) + 3;
  expect((8 * coded.length) / count / entropy).toBeGreaterThan(1);
  expect((8 * coded.length) / count / entropy).toBeLessThan(1.04);
});

it('are as precise as float32 allows at the finest exponent', () => {
  for (const [values, exponent] of [
    [[0, 0], 0],
    [[0.5, -3], 1],
    [[1024], -10],
    [[Math.fround(0.1), 1], 22],
  ] as const) {
    expect(finestExponent(Float32Array.from(values))).toBe(exponent);
  }
});

it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
  ['cut off', (bytes) => bytes.subarray(0, -5)],
  [
    'with a changed byte',
    (bytes) => bytes.map((byte, index) => (index === bytes.length - 20 ? byte ^ 4 : byte)),
  ],
  ['with another exponent', (bytes) => replaced(bytes, '"exponents":"0,5', '"exponents":"1,5')],
  ['with an exponent too few', (bytes) => replaced(bytes, '"exponents":"0,5,', '"exponents":"5,  ')],
  ['with an exponent that is none', (bytes) => replaced(bytes, '"exponents":"0,5', '"exponents":"x,5')],
  ['without coded weights', (bytes) => replaced(bytes, '"small weights"', '"other weights"')],
  ['for more weights than it can hold', (bytes) => replaced(bytes, 'width\\":6', 'width\\":6000')],
])('fail with one line if the file is damaged: %s', async (_, damage) => {
  const failure = await readBack(damage(weightsBytes(model, exponents))).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(UserError);
  const { message } = failure as UserError;
  expect(message).toMatch(/corrupt|model\.safetensors/);
  expect(message).not.toContain('\n');
});

/** The file with other text in its header, whose padding takes up the difference. */
const replaced = (bytes: Uint8Array, before: string, after: string): Uint8Array =>
  changeHeader(bytes, (text) => {
    expect(text).toContain(before);
    return text.replace(before, after).trimEnd();
  });
