// What the room looks into, as its address says it.
import type { Settings } from '../../address.ts';
import { MOST_SEED, wholeIn } from '../../numbers.ts';
import { DIGITS_COUNT } from '../../work/digits.ts';
import type { Precision } from '../../work/insideTasks.ts';

/** The sample or digit that is looked into, and the precision. */
export interface InsideSettings {
  readonly image: 'sample' | 'digit';
  /** The seed of the sample. */
  readonly seed: number;
  /** The number of the digit, from 1. */
  readonly digit: number;
  readonly precision: Precision;
  /** The class under which the image is looked at, by name; its most probable one if it is empty. */
  readonly class: string;
}

/** The settings in an address; what is missing or impossible there is as usual. */
export function insideSettings({ image, seed, digit, precision, class: name }: Settings): InsideSettings {
  return {
    image: image === 'digit' ? 'digit' : 'sample',
    seed: wholeIn(seed, 0, MOST_SEED) ?? 0,
    digit: wholeIn(digit, 1, DIGITS_COUNT) ?? 1,
    precision: precision === 'float64' ? 'float64' : 'float32',
    class: name ?? '',
  };
}
