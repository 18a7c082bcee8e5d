// Scores from the classes of a model.
import { column, defineScore } from './definition.ts';

/** −log₂ of the largest p(x | class), in bits/dim: images of no class are odd. */
export const bestClass = defineScore({
  name: 'best-class',
  summary: 'Bits/dim given the class that suits an image best.',
  isResult: true,
  trust: 'Simple images of another kind may look typical.',
  needs: 'classes',
  from: ['bestClass'],
  build: () => () => (images) => column(images, 'bestClass'),
});

/**
 * log₂ of the largest p(x | class) among other classes, over p(x | label), in bits per image: above 0, another class suits
 * the image better, and the label may be wrong.
 */
export const label = defineScore({
  name: 'label',
  summary: 'Bits by which another class suits an image better than its label.',
  trust: 'A margin of a few bits is noise.',
  needs: 'labels',
  from: ['labelMargin'],
  build: () => () => (images) => column(images, 'labelMargin'),
});
