// The images of an opened dataset, as a sequence.
import { type DatasetSource, type ImageSet, readOne } from '../contract/dataset.ts';
import { isImageChannels, type RawDataset, type RawSplit } from '../contract/rawImages.ts';

/** The images of an opened dataset as if they were files, with their names or else `train/0`, `train/1`, … */
export function rawOf({ train, validation, test }: DatasetSource): RawDataset {
  return {
    ...(train.labels && { classes: train.labels.classes }),
    train: rawSplitOf('train', train),
    ...(validation && { validation: rawSplitOf('validation', validation) }),
    test: rawSplitOf('test', test),
  };
}

function rawSplitOf(split: string, images: ImageSet): RawSplit {
  const [height, width, channels] = images.imageShape;
  if (!isImageChannels(channels)) {
    throw new RangeError(`images of ${channels} channels, but image files have 1 to 4`);
  }
  return {
    count: images.count,
    async *images() {
      for (let index = 0; index < images.count; index++) {
        yield {
          name: images.nameOf?.(index) ?? `${split}/${index}`,
          label: images.labels?.classOf(index),
          decode: async () => ({
            width,
            height,
            channels,
            data: readOne(images, index),
            notes: [],
          }),
        };
      }
    },
  };
}
