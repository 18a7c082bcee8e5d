// The settings of the room Compress, in the address.
import type { Settings } from '../../address.ts';
import { readSettings } from '../../readSettings.ts';

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

/** Reads an address. */
export function compressSettings(
  address: Settings,
): CompressSettings & { readonly unreadable: readonly string[] } {
  const { unreadable, unknown, whole, choice } = readSettings(address);
  const chosen = {
    block: whole('block', 1, MOST_BLOCK, BLOCK),
    withModel: choice('embed', ['yes', 'no']) === 'yes',
    tiles: choice('tiles', ['no', 'yes']) === 'yes',
  };
  return { ...chosen, unreadable: [...unreadable, ...unknown()] };
}
