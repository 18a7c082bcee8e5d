// The settings of the room Draw in its address.
import type { Settings } from '../../address.ts';
import { MOST_SEED, numberIn, wholeIn } from '../../numbers.ts';
import { DEFAULT_TEMPERATURE, MOST_SAMPLES, MOST_TEMPERATURE } from '../../sampling.ts';

/** What to sample. */
export interface DrawSettings {
  readonly temperature: number;
  readonly seed: number;
  readonly count: number;
  /** The class of all images by name; if empty, all classes in turn. */
  readonly class: string;
}

/** The counts offered: squares fill a sheet. */
export const counts: readonly number[] = [16, 36, 64, 100];

/** Reads an address; missing or impossible settings get the defaults of `emerging sample`. */
export function drawSettings({ temperature, seed, count, class: name }: Settings): DrawSettings {
  return {
    temperature: Math.min(
      MOST_TEMPERATURE,
      numberIn(temperature, 0, Number.MAX_VALUE) ?? DEFAULT_TEMPERATURE,
    ),
    seed: wholeIn(seed, 0, MOST_SEED) ?? 0,
    count: Math.min(MOST_SAMPLES, Math.max(1, wholeIn(count, 0, Number.MAX_SAFE_INTEGER) ?? 64)),
    class: name ?? '',
  };
}

/** A short random seed that differs from the last one. */
export function otherSeed(seed: number): number {
  const drawn = Math.floor(Math.random() * 10_000);
  return drawn === seed ? drawn + 1 : drawn;
}
