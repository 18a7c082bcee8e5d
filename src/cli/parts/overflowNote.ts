// What a command says about images that overflowed.
import type { FlowModel } from '../../trained/model/flowModel.ts';

/**
 * The line about images with non-finite values; empty if there are none.
 *
 * @param what what they are, in the plural
 * @param remedy what to do, following a colon
 */
export function overflowNote(
  { bits }: FlowModel,
  {
    overflowed,
    count,
    what = 'samples',
    remedy = 'try a lower temperature, or train longer',
  }: { overflowed: number; count: number; what?: string; remedy?: string },
): string {
  const blank = bits === undefined ? 'NaN' : 'black';
  return overflowed === 0
    ? ''
    : `${overflowed} of ${count} ${what} are ${blank}: their values are not finite: ${remedy}\n`;
}
