// The score `label`: by how much another class suits an image better than its label.
import { column, type OddScore } from './contract.ts';

/**
 * log₂ of the largest p(x | class) among other classes, over p(x | label), in bits per image: above 0, another class suits
 * the image better, and the label may be wrong.
 */
export const label: OddScore = {
  text: 'bits by which another class suits an image better than its label',
  trust: 'A margin of a few bits is noise.',
  needs: 'labels',
  from: ['labelMargin'],
  fit: () => (images) => Float64Array.from(column(images, 'labelMargin')),
};
