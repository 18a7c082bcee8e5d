// Images as 8-bit integers, for formats and pictures that have no others.
import { UserError } from '../../errors.ts';
import { kindInWords, kindOf, type Values } from '../../numeric/values.ts';

/**
 * Values that must be 8-bit integers.
 *
 * @param what has or needs them, to begin the error
 * @throws UserError (`unsupported`) if they are not
 */
export function requireEightBits(values: Values, what: string): Uint8Array {
  if (!(values instanceof Uint8Array)) {
    throw new UserError(
      'unsupported',
      `${what} needs images of 8-bit integers, not ${kindInWords(kindOf(values)!)}`,
    );
  }
  return values;
}
