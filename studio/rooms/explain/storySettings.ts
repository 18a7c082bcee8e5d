// The reader's settings in the steps of the story, which the address keeps.
import type { Settings } from '../../address.ts';
import { MOST_SEED } from '../../numbers.ts';
import { readSettings } from '../../readSettings.ts';

/** The highest temperature that the story offers. */
export const MOST_TEMPERATURE = 1.4;

/** A number of the story. */
export type StoryNumber = 'temperature' | 'seed' | 'noise' | 'rubbed';

/** Reads an address. */
export function storySettings(
  address: Settings,
): Readonly<Record<StoryNumber, number>> & { readonly unreadable: readonly string[] } {
  const { unreadable, unknown, number, whole } = readSettings(address);
  const numbers = {
    temperature: number('temperature', 0, MOST_TEMPERATURE, 0.7),
    seed: whole('seed', 0, MOST_SEED, 2),
    // Percentages.
    noise: number('noise', 0, 100, 0),
    rubbed: number('rubbed', 0, 100, 0),
  };
  // The figures read theirs.
  return { ...numbers, unreadable: [...unreadable, ...unknown('step', 'convolution', 'image')] };
}
