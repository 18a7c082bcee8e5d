// CIFAR-10 in its binary version: the published archive, or the folder it unpacks to.
import { UserError } from '../../core/errors.ts';
import { type ImageSet, imagesInMemory, labelled } from '../contract/dataset.ts';
import { type PathFormat, splitOfSet } from '../contract/rawImages.ts';
import type { Archive } from '../contract/reading.ts';
import { openArchive, storeKind } from '../formats/archives.ts';
import { interleaved } from '../pixels/channels.ts';
import { datasetRecords } from './records.ts';

/** A record is a label, 0 to 9, followed by the red, green and blue planes of 32 x 32 pixels. */
const imageBytes = 3 * 32 * 32;
const recordBytes = 1 + imageBytes;
const { imageShape, counts, classes } = datasetRecords.cifar10;

const filesOf = {
  train: { pattern: /(?:^|\/)data_batch_(\d+)\.bin$/, first: 'data_batch_1.bin' },
  test: { pattern: /(?:^|\/)test_batch\.bin$/, first: 'test_batch.bin' },
} as const;

/** The files of CIFAR-10's binary version, in an archive or folder. */
export const cifar10Files: PathFormat = {
  async recognises(path, storeAt = openArchive) {
    const kind = await storeKind(path);
    // Checking a tar archive means reading all of it, so only those with a matching name are checked.
    if (kind === undefined || (kind === 'tar' && !/cifar-?10/i.test(path))) {
      return false;
    }
    const { train, test } = filesOf;
    const names = await (await storeAt(path)).names();
    return names.some((name) => train.pattern.test(name) || test.pattern.test(name));
  },

  async open(path, storeAt = openArchive) {
    const store = await storeAt(path);
    return {
      train: splitOfSet('train', () => readPart(store, 'train')),
      test: splitOfSet('test', () => readPart(store, 'test')),
      classes,
      published: { path, name: 'CIFAR-10', ...counts },
    };
  },
};

interface Batch {
  readonly pixels: Uint8Array;
  readonly numbers: Uint8Array;
}

/** The images of a part, with its batches in numerical order. */
async function readPart(store: Archive, part: keyof typeof filesOf): Promise<ImageSet> {
  const { path } = store;
  const { pattern, first } = filesOf[part];
  const batches = new Map<string, Batch>();
  for await (const { name, source, read } of store.files((file) => pattern.test(file))) {
    batches.set(name, batchIn(await read(), source));
  }
  const numberIn = (name: string): number => Number(pattern.exec(name)![1] ?? 0);
  const sorted = [...batches].sort(([a], [b]) => numberIn(a) - numberIn(b)).map(([, batch]) => batch);
  if (sorted.length === 0) {
    throw new UserError('invalid-data', `${path}: ${first} is missing; use another copy`);
  }
  const images = imagesInMemory(Buffer.concat(sorted.map(({ pixels }) => pixels)), imageShape);
  return labelled(images, classes, Buffer.concat(sorted.map(({ numbers }) => numbers)), path);
}

/** The images in a file of records, NHWC, and their classes. */
function batchIn(bytes: Uint8Array, source: string): Batch {
  const count = bytes.length / recordBytes;
  if (!Number.isInteger(count) || count === 0) {
    throw new UserError(
      'invalid-data',
      `${source}: ${bytes.length} bytes are not a whole number of records of ${recordBytes} bytes; use another copy`,
    );
  }
  const pixels = new Uint8Array(count * imageBytes);
  const numbers = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    const start = index * recordBytes;
    numbers[index] = bytes[start]!;
    if (numbers[index]! >= classes.length) {
      throw new UserError(
        'invalid-data',
        `${source}: record ${index} has label ${bytes[start]}, expected 0 to 9; use another copy`,
      );
    }
    pixels.set(interleaved(bytes.subarray(start + 1, start + recordBytes), 3), index * imageBytes);
  }
  return { pixels, numbers };
}
