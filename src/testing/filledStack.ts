// A stack of bits for tests of what codes on it.

import { BitStack } from '../core/numeric/bitStack.ts';
import { RandomStream } from '../core/numeric/random.ts';

/** A stack with this many random words. */
export function filledStack(words: number, seed = 0): BitStack {
  const random = new RandomStream(seed, 'stack');
  const stack = new BitStack();
  for (let word = 0; word < words; word++) {
    stack.push(Math.floor(random.uniform() * 2 ** 16), 2 ** 16);
  }
  return stack;
}
