// The settings of the room Inside in its address.
import type { Settings } from '../../address.ts';
import { MOST_SEED, numberIn, wholeIn } from '../../numbers.ts';
import { DEFAULT_TEMPERATURE, MOST_SAMPLES, MOST_TEMPERATURE } from '../../sampling.ts';
import type { Precision } from '../../work/arithmetic.ts';
import { DIGITS_COUNT } from '../../work/digits.ts';

/** The chosen image, precision and class. */
export interface InsideSettings {
  readonly image: 'sample' | 'digit';
  /** The seed of the sample. */
  readonly seed: number;
  /** The place of the sample on the sheet of this seed, from 1. */
  readonly place: number;
  /** The temperature of the sample. */
  readonly temperature: number;
  /** The class of the sample, by name; if empty, its place's. */
  readonly sampled: string;
  /** The number of the digit, from 1. */
  readonly digit: number;
  readonly precision: Precision;
  /** The class used to encode and decode, by name; if empty, the most probable one. */
  readonly class: string;
}

/** Reads an address; missing or impossible settings get their defaults. */
export function insideSettings({
  image,
  seed,
  place: sampleNumber,
  temperature,
  sampled,
  digit,
  precision,
  class: name,
}: Settings): InsideSettings {
  return {
    image: image === 'digit' ? 'digit' : 'sample',
    seed: wholeIn(seed, 0, MOST_SEED) ?? 0,
    place: wholeIn(sampleNumber, 1, MOST_SAMPLES) ?? 1,
    temperature: numberIn(temperature, 0, MOST_TEMPERATURE) ?? DEFAULT_TEMPERATURE,
    sampled: sampled ?? '',
    digit: wholeIn(digit, 1, DIGITS_COUNT) ?? 1,
    precision: precision === 'float64' ? 'float64' : 'float32',
    class: name ?? '',
  };
}
