// Wrong labels: some images are given another class at random.
import type { ImageSet } from '../../src/data/contract/dataset.ts';
import { classNumbers, labelled } from '../../src/data/contract/labels.ts';
import { RandomStream } from '../../src/numeric/random.ts';

/** Gives a share of labelled images another class; `wrong` has their positions. */
export function withWrongLabels(
  images: ImageSet,
  share: number,
  seed: number,
): { images: ImageSet; wrong: ReadonlySet<number> } {
  const { classes } = images.labels!;
  const random = new RandomStream(seed, 'wrong labels');
  const numbers = classNumbers(
    images.labels!,
    Array.from({ length: images.count }, (_, index) => index),
  );
  const wrong = new Set(random.permutation(images.count).subarray(0, Math.round(share * images.count)));
  for (const index of wrong) {
    numbers[index] = (numbers[index]! + 1 + random.integer(classes.length - 1)) % classes.length;
  }
  return { images: labelled(images, classes, numbers, 'wrong labels'), wrong };
}
