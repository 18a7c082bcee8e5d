// The settings of the room Compress, in the address.
import type { Settings } from '../../address.ts';
import { wholeIn } from '../../numbers.ts';

/** The images of a block, as on the command line. */
const BLOCK = 2000;

/** The most images of a block. */
export const MOST_BLOCK = 100_000;

/** How images are compressed. */
export interface CompressSettings {
  readonly block: number;
  readonly withModel: boolean;
  readonly tiles: boolean;
}

/** Settings from an address. */
export function compressSettings({ block, embed, tiles }: Settings): CompressSettings {
  return {
    block: wholeIn(block, 1, MOST_BLOCK) ?? BLOCK,
    withModel: embed !== 'no',
    tiles: tiles === 'yes',
  };
}
