// The unit of a model's results, in texts, plots, tables and files.
//
// Programs compute every result as −log2 p / D, in bits per value: of the probability of integers, which is bits/dim, or of
// the density of real numbers. Everything shown or stored is converted to the unit of the model.
import type { ValueOptions } from './imageValues.ts';

/** The unit of results. */
export interface ResultUnit {
  /** Its short name, after numbers and in titles. */
  readonly name: 'bits/dim' | 'nats/value';
  /** The same in words. */
  readonly words: 'bits per dim' | 'nats per value';
  /** A result, or a difference or error of results, in this unit. */
  of(bits: number): number;
  /** A result with its unit: `1.93 bits/dim`. */
  text(bits: number, digits: number): string;
  /** The key of a result in files: `bitsPerDim` or `natsPerValue`, `validationBitsPerDim` or `validationNatsPerValue`. */
  key(name: string): string;
  /** A record in this unit, results and keys at any depth, for files. */
  record(record: object): Record<string, unknown>;
}

/** The keys of results, and of what is in the unit of results. */
const resultKeys: ReadonlySet<string> = new Set([
  'bitsPerDim',
  'validationBitsPerDim',
  'marginalBitsPerDim',
  'standardError',
  'samplingError',
  'difference',
  'differenceError',
  'interval',
  'differenceInterval',
  'median',
  'quantiles',
]);

/** Of integers: bits per value. */
export const bitsPerDimUnit: ResultUnit = {
  name: 'bits/dim',
  words: 'bits per dim',
  of: (bits) => bits,
  text: (bits, digits) => `${bits.toFixed(digits)} bits/dim`,
  key: (name) => name,
  record: (record) => ({ ...record }),
};

/** Of real numbers: −ln p per value, which depends on the unit that the values are in. */
const natsPerValueUnit: ResultUnit = {
  name: 'nats/value',
  words: 'nats per value',
  of: inNats,
  text: (bits, digits) => `${inNats(bits).toFixed(digits)} nats/value`,
  key: keyInNats,
  record: (record) => recordInNats(record, false),
};

function inNats(bits: number): number {
  return bits * Math.LN2;
}

function keyInNats(name: string): string {
  return name.replace('bitsPerDim', 'natsPerValue').replace('BitsPerDim', 'NatsPerValue');
}

/** @param areResults whether its numbers are results, as in `quantiles`; the records in it have keys of their own */
function recordInNats(record: object, areResults: boolean): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [
      keyInNats(key),
      valueInNats(value, resultKeys.has(key) || (areResults && typeof value === 'number')),
    ]),
  );
}

function valueInNats(value: unknown, isResult: boolean): unknown {
  if (typeof value === 'number') {
    return isResult ? inNats(value) : value;
  }
  if (Array.isArray(value)) {
    return value.map((item) => valueInNats(item, isResult));
  }
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
    ? recordInNats(value, isResult)
    : value;
}

/** The unit of the results of a model. */
export function resultUnit({ continuous }: Pick<ValueOptions, 'continuous'>): ResultUnit {
  return continuous === undefined ? bitsPerDimUnit : natsPerValueUnit;
}

/** The unit of that name. */
export function unitNamed(name: ResultUnit['name']): ResultUnit {
  return name === natsPerValueUnit.name ? natsPerValueUnit : bitsPerDimUnit;
}

/** A result in a record of a file, in bits per value whatever its unit there; unchanged if it is not a number. */
export function bitsIn(record: Readonly<Record<string, unknown>>, name: string): unknown {
  const nats = record[keyInNats(name)];
  return typeof nats === 'number' ? nats / Math.LN2 : nats === undefined ? record[name] : nats;
}
