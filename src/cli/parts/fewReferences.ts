// Says what p-values are worth if there are few images to compare with.
import { ENOUGH_IMAGES } from '../../data/contract/dataset.ts';
import { leastPValue } from '../../evaluation/odd/calibrate.ts';
import type { ReferenceScores } from '../../trained/model/referenceScores.ts';
import { formatCounted } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';

/** Fewer images make the fits of scores imprecise, too. */
const FEW_TO_FIT = 50;

/** Notes that there are few reference images, what p-values then mean, and what to do. */
export function noteFewReferences({ data, bitsPerDim: { length } }: ReferenceScores): void {
  if (length >= ENOUGH_IMAGES) {
    return;
  }
  const fits = length < FEW_TO_FIT ? ', and all scores but bits are fitted to too few images' : '';
  noteOnStderr(
    `only ${formatCounted(length, 'validation image')} of ${data} to compare with: no p-value is below ` +
      `${leastPValue(length).toFixed(3)}${fits}; compare with more images: --reference DATASET`,
  );
}
