// Weights in a few bits each: whole numbers times a power of two per array, entropy coded on a stack of bits. Reading them
// takes only whole numbers and exact products, so that every machine reads the same weights.
import { UserError } from '../core/errors.ts';
import { BitStack, countElements, INTERVAL_TOTAL, type NdArray, StackEmpty } from '../core/numeric/index.ts';
import { maxBytesAtOnce } from '../data/files/index.ts';
import type { Flow } from '../flows/models/index.ts';
import { constant, constantValue } from '../tensor/index.ts';
import type { TrainedModel } from './trainedModel.ts';

/**
 * The precision of small weights: for each trained array of a model, in the order of its parameters, the e of weights that
 * are whole multiples of 2^−e.
 */
export type WeightExponents = readonly number[];

/** Whole numbers are below 2^LARGEST_BITS in size: float32 holds them exactly. */
const LARGEST_BITS = 23;

/** Exponents are from −LARGEST_EXPONENT to LARGEST_EXPONENT: float32 holds every multiple exactly. */
const LARGEST_EXPONENT = 100;

/** A byte holds at most so many weights, so that a short file can't take much memory. */
const WEIGHTS_PER_BYTE = 256;

/** The paths of the arrays that have an exponent. */
export function trainedPaths({ parameters }: Pick<Flow, 'parameters'>): string[] {
  return Object.keys(parameters).filter((path) => parameters[path]!.trained);
}

/** Whether these may be the exponents of a model. */
export function areValidExponents(model: Pick<Flow, 'parameters'>, exponents: WeightExponents): boolean {
  return (
    exponents.length === trainedPaths(model).length &&
    exponents.every((exponent) => Number.isInteger(exponent) && Math.abs(exponent) <= LARGEST_EXPONENT)
  );
}

/** The least exponent that rounds no weight of an array or, failing that, the largest with small enough weights. */
export function finestExponent(data: NdArray['data']): number {
  let largest = 0;
  for (const weight of data) {
    largest = Math.max(largest, Math.abs(weight));
  }
  if (largest === 0) {
    return 0;
  }
  const isWhole = (exponent: number): boolean => {
    const scale = powerOfTwo(exponent);
    return data.every((weight) => Number.isInteger(weight * scale));
  };
  let exponent = LARGEST_EXPONENT;
  while (exponent > -LARGEST_EXPONENT && Math.round(largest * powerOfTwo(exponent)) >= 2 ** LARGEST_BITS) {
    exponent--;
  }
  while (exponent > -LARGEST_EXPONENT && isWhole(exponent - 1)) {
    exponent--;
  }
  return exponent;
}

/** A model whose weights are rounded to these exponents, as `decodeWeights` returns them; masked weights become 0. */
export function roundedModel<Trained extends TrainedModel>(
  trained: Trained,
  exponents: WeightExponents,
): Trained {
  const parameters = { ...trained.parameters };
  for (const [index, path] of trainedPaths(trained.model).entries()) {
    const { shape } = constantValue(parameters[path]!)!;
    const data = weightsFrom(wholeNumbers(trained, path, exponents[index]!), exponents[index]!);
    parameters[path] = constant({ shape, data });
  }
  return { ...trained, parameters };
}

/** The trained weights of a model, rounded to these exponents, in a few bits each. */
export function encodeWeights(trained: TrainedModel, exponents: WeightExponents): Uint8Array {
  const arrays = trainedPaths(trained.model).map((path, index) =>
    wholeNumbers(trained, path, exponents[index]!),
  );
  const count = arrays.reduce((sum, { length }) => sum + length, 0);
  const [starts, sizes] = [new Float64Array(count), new Float64Array(count)];
  const magnitudes = new Magnitudes();
  let position = 0;
  for (const array of arrays) {
    for (const number of array) {
      const bits = bitsIn(number);
      [starts[position], sizes[position]] = magnitudes.interval(bits);
      magnitudes.add(bits, number);
      position++;
    }
  }
  // The first weight is pushed last, on top, so that the decoder counts magnitudes in the same order.
  const stack = new BitStack();
  for (const array of arrays.toReversed()) {
    for (let index = array.length - 1; index >= 0; index--) {
      const number = array[index]!;
      const bits = bitsIn(number);
      if (bits > 0) {
        const excess = Math.abs(number) - 2 ** (bits - 1);
        stack.push(2 * excess + (number < 0 ? 1 : 0), 2 ** bits);
      }
      position--;
      stack.pushInterval(starts[position]!, sizes[position]!);
    }
  }
  const bytes = stack.toBytes();
  if (count > WEIGHTS_PER_BYTE * bytes.length) {
    throw new UserError('unsupported', 'nearly all weights of the model are 0; train it first');
  }
  return bytes;
}

/** The trained weights in `bytes`, by path; undefined if no `encodeWeights` has made them for such a model. */
export function decodeWeights(
  model: Pick<Flow, 'parameters'>,
  exponents: WeightExponents,
  bytes: Uint8Array,
): Map<string, NdArray> | undefined {
  const paths = trainedPaths(model);
  const count = paths.reduce((sum, path) => sum + countElements(model.parameters[path]!.shape), 0);
  if (
    !areValidExponents(model, exponents) ||
    count > Math.min(WEIGHTS_PER_BYTE * bytes.length, maxBytesAtOnce / Float32Array.BYTES_PER_ELEMENT)
  ) {
    return undefined;
  }
  try {
    const stack = new BitStack(bytes);
    const magnitudes = new Magnitudes();
    const weights = new Map<string, NdArray>();
    for (const [index, path] of paths.entries()) {
      const { shape } = model.parameters[path]!;
      const numbers = new Int32Array(countElements(shape));
      for (let element = 0; element < numbers.length; element++) {
        const bits = magnitudes.pop(stack);
        if (bits > 0) {
          const excess = stack.pop(2 ** bits);
          const size = 2 ** (bits - 1) + Math.floor(excess / 2);
          numbers[element] = excess % 2 === 1 ? -size : size;
        }
        magnitudes.add(bits, numbers[element]!);
      }
      weights.set(path, { shape, data: weightsFrom(numbers, exponents[index]!) });
    }
    return stack.isEmpty ? weights : undefined;
  } catch (error) {
    if (error instanceof StackEmpty) {
      return undefined;
    }
    throw error;
  }
}

/** The weights of an array as whole numbers, in units of 2^−exponent. */
function wholeNumbers({ model, parameters }: TrainedModel, path: string, exponent: number): Int32Array {
  const { data } = constantValue(parameters[path]!)!;
  const mask = model.parameters[path]!.mask?.();
  const scale = powerOfTwo(exponent);
  return Int32Array.from(data, (weight, index) => (mask?.[index] === 0 ? 0 : Math.round(weight * scale)));
}

function weightsFrom(numbers: Int32Array, exponent: number): Float32Array {
  const step = powerOfTwo(-exponent);
  return Float32Array.from(numbers, (number) => number * step);
}

/** 2^exponent, by exact products: `**` may round. */
function powerOfTwo(exponent: number): number {
  let power = 1;
  for (let index = Math.abs(exponent); index > 0; index--) {
    power *= exponent < 0 ? 0.5 : 2;
  }
  return power;
}

/** How many bits the size of a whole number has; 0 for 0. */
function bitsIn(number: number): number {
  return 32 - Math.clz32(Math.abs(number));
}

/** The numbers of bits are from 0 to LARGEST_BITS. */
const KINDS = LARGEST_BITS + 1;

/** Contexts of a magnitude: two for each power of two of the mean of those before. */
const CONTEXTS = 64;

/** What each occurrence adds to a count; at `MOST_COUNTED`, the counts of a context are halved. */
const [INCREMENT, MOST_COUNTED] = [24, 2 ** 16];

/** How likely each number of bits is, from the numbers before: adaptive counts for each context. */
class Magnitudes {
  private readonly counts = new Uint32Array(CONTEXTS * KINDS).fill(1);
  private readonly totals = new Uint32Array(CONTEXTS).fill(KINDS);
  /** 64 times a moving average of the sizes. */
  private mean = 0;

  /** The interval of a number of bits, out of INTERVAL_TOTAL. */
  interval(bits: number): [start: number, size: number] {
    const context = this.context();
    let before = 0;
    for (let kind = 0; kind < bits; kind++) {
      before += this.counts[context * KINDS + kind]!;
    }
    const start = this.bound(context, before);
    return [start, this.bound(context, before + this.counts[context * KINDS + bits]!) - start];
  }

  /** Pops a number of bits; throws StackEmpty. */
  pop(stack: BitStack): number {
    const context = this.context();
    const share = stack.peek();
    let [bits, before, start] = [0, 0, 0];
    for (;;) {
      before += this.counts[context * KINDS + bits]!;
      const end = this.bound(context, before);
      if (share < end) {
        stack.popInterval(start, end - start);
        return bits;
      }
      start = end;
      bits++;
    }
  }

  /** Counts a number, and its bits. */
  add(bits: number, number: number): void {
    const context = this.context();
    const first = context * KINDS;
    this.counts[first + bits]! += INCREMENT;
    this.totals[context]! += INCREMENT;
    if (this.totals[context]! > MOST_COUNTED) {
      this.totals[context] = 0;
      for (let kind = first; kind < first + KINDS; kind++) {
        this.counts[kind] = (this.counts[kind]! + 1) >> 1;
        this.totals[context]! += this.counts[kind]!;
      }
    }
    this.mean += 4 * Math.abs(number) - (this.mean >> 4);
  }

  private context(): number {
    const bits = bitsIn(this.mean);
    return bits < 2 ? bits : 2 * bits + ((this.mean >> (bits - 2)) & 1);
  }

  /** Where a cumulated count ends: exact up to the quotient, which is rounded the same on every machine. */
  private bound(context: number, cumulated: number): number {
    return Math.floor((cumulated * INTERVAL_TOTAL) / this.totals[context]!);
  }
}
