// What the room draws, as its address says it.
import type { Settings } from '../../address.ts';
import { MOST_SEED, numberIn, wholeIn } from '../../numbers.ts';

/** What is drawn. */
export interface DrawSettings {
  readonly temperature: number;
  readonly seed: number;
  readonly count: number;
  /** The class of all images, by name; of a model with classes all in turn if it is empty. */
  readonly class: string;
}

/** Above this the images of most models fall apart. */
export const MOST_TEMPERATURE = 1.2;

/** The counts to choose from: squares fill a sheet. */
export const counts: readonly number[] = [16, 36, 64, 100];

const MOST_IMAGES = 400;

/** The settings in an address; what is missing or impossible there is as `emerging sample` would have it. */
export function drawSettings({ temperature, seed, count, class: name }: Settings): DrawSettings {
  return {
    temperature: Math.min(MOST_TEMPERATURE, numberIn(temperature, 0, Number.MAX_VALUE) ?? 0.8),
    seed: wholeIn(seed, 0, MOST_SEED) ?? 0,
    count: Math.min(MOST_IMAGES, Math.max(1, wholeIn(count, 0, Number.MAX_SAFE_INTEGER) ?? 64)),
    class: name ?? '',
  };
}

/** A seed that is easy to remember, and other than the last one. */
export function otherSeed(seed: number): number {
  const drawn = Math.floor(Math.random() * 10_000);
  return drawn === seed ? drawn + 1 : drawn;
}
