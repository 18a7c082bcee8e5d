// The score `best-class`: bits/dim given the class that suits an image best.
import { column, type OddScore } from './contract.ts';

/** −log₂ of the largest p(x | class), in bits/dim: odd is what is of no class. */
export const bestClass: OddScore = {
  text: 'bits/dim given the class that suits an image best',
  isResult: true,
  trust: 'Simple images of another kind may look typical.',
  needs: 'classes',
  from: ['bestClass'],
  fit: () => (images) => Float64Array.from(column(images, 'bestClass')),
};
