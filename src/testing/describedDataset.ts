// A dataset's contents as plain values, to compare pages with Node.
import { type Dataset, type ImageSet, readAll } from '../data/contract/dataset.ts';

/** The images of a dataset with their names, by split, and how they were divided and converted. */
export function described(dataset: Dataset) {
  const split = (images: ImageSet) => ({
    names: Array.from({ length: images.count }, (_, index) => images.nameAt?.(index)),
    pixels: [...readAll(images)],
  });
  const { name: _, imageShape, notes, holdOut } = dataset;
  return {
    imageShape,
    notes,
    holdOut,
    train: split(dataset.train),
    validation: split(dataset.validation),
    test: split(dataset.test),
  };
}
