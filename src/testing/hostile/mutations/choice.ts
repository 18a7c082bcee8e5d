// Random choices.
import type { RandomStream } from '../../../numeric/random.ts';

/** One of several, all equally likely. */
export function oneOf<T>(random: RandomStream, choices: readonly T[]): T {
  return choices[random.integer(choices.length)]!;
}

/** Whether something with this probability happens. */
export function chance(random: RandomStream, probability: number): boolean {
  return random.uniform() < probability;
}
