// What the room draws, as its address says it.
import type { Settings } from '../../address.ts';

/** What is drawn. */
export interface DrawSettings {
  readonly temperature: number;
  readonly seed: number;
  readonly count: number;
}

/** Above this the images of most models fall apart. */
export const MOST_TEMPERATURE = 1.2;

/** The counts to choose from: squares fill a sheet. */
export const counts: readonly number[] = [16, 36, 64, 100];

const MOST_IMAGES = 400;

/** The settings in an address; what is missing or impossible there is as `emerging sample` would have it. */
export function drawSettings({ temperature, seed, count }: Settings): DrawSettings {
  return {
    temperature: within(temperature, 0.8, MOST_TEMPERATURE),
    seed: wholeWithin(seed, 0, Number.MAX_SAFE_INTEGER),
    count: Math.max(1, wholeWithin(count, 64, MOST_IMAGES)),
  };
}

/** A seed that is easy to remember, and other than the last one. */
export function otherSeed(seed: number): number {
  const drawn = Math.floor(Math.random() * 10_000);
  return drawn === seed ? drawn + 1 : drawn;
}

/** A seed that was typed; undefined while it is none. */
export function seedIn(text: string): number | undefined {
  const seed = Number(text);
  return text.trim() !== '' && Number.isSafeInteger(seed) && seed >= 0 ? seed : undefined;
}

function within(text: string | undefined, usual: number, most: number): number {
  const value = Number(text || Number.NaN);
  return Number.isFinite(value) && value >= 0 ? Math.min(most, value) : usual;
}

function wholeWithin(text: string | undefined, usual: number, most: number): number {
  const value = within(text, usual, most);
  return Number.isInteger(value) ? value : usual;
}
