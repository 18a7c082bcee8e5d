// The settings of the room Inside in its address.
import type { Settings } from '../../address.ts';
import { MOST_SEED, wholeIn } from '../../numbers.ts';
import { DIGITS_COUNT } from '../../work/digits.ts';
import type { Precision } from '../../work/insideTasks.ts';

/** The chosen image, precision and class. */
export interface InsideSettings {
  readonly image: 'sample' | 'digit';
  /** The seed of the sample. */
  readonly seed: number;
  /** The number of the digit, from 1. */
  readonly digit: number;
  readonly precision: Precision;
  /** The class used to encode and decode, by name; if empty, the most probable one. */
  readonly class: string;
}

/** Reads an address; missing or impossible settings get their defaults. */
export function insideSettings({ image, seed, digit, precision, class: name }: Settings): InsideSettings {
  return {
    image: image === 'digit' ? 'digit' : 'sample',
    seed: wholeIn(seed, 0, MOST_SEED) ?? 0,
    digit: wholeIn(digit, 1, DIGITS_COUNT) ?? 1,
    precision: precision === 'float64' ? 'float64' : 'float32',
    class: name ?? '',
  };
}
