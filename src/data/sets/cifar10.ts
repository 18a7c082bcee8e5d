// CIFAR-10 in its binary version: the published archive, or the folder it unpacks to.
import { UserError } from '../../errors.ts';
import type { Archive } from '../contract/archive.ts';
import {
  type DatasetSource,
  type ImageSet,
  imagesInMemory,
  type Part,
  type PathFormat,
} from '../contract/dataset.ts';
import { labelled } from '../contract/labels.ts';
import { openArchive, storeKind } from '../formats/archives.ts';
import { interleaved } from '../pixels/interleaved.ts';
import { datasetRecords } from './records.ts';

/** A record is a label, 0 to 9, followed by the red, green and blue planes of 32 x 32 pixels. */
const imageBytes = 3 * 32 * 32;
const recordBytes = 1 + imageBytes;
const { imageShape, counts: published, classes } = datasetRecords.cifar10;

const trainFile = /(?:^|\/)data_batch_(\d+)\.bin$/;
const testFile = /(?:^|\/)test_batch\.bin$/;
const filesOf = {
  train: { pattern: trainFile, first: 'data_batch_1.bin' },
  test: { pattern: testFile, first: 'test_batch.bin' },
} as const;
const isBatch = (name: string): boolean => trainFile.test(name) || testFile.test(name);

/** The files of CIFAR-10's binary version, in an archive or folder. */
export const cifar10Files = {
  async recognises(path, storeAt = openArchive) {
    const kind = await storeKind(path);
    // Checking a tar archive means reading all of it, so only those with a matching name are checked.
    if (kind === undefined || (kind === 'tar' && !/cifar-?10/i.test(path))) {
      return false;
    }
    return (await (await storeAt(path)).names()).some(isBatch);
  },

  async open(path, storeAt = openArchive): Promise<DatasetSource> {
    const batches = await readBatches(await storeAt(path), isBatch);
    const train = imagesOfPart(path, batches, 'train');
    const test = imagesOfPart(path, batches, 'test');
    const isWhole = train.count === published.train && test.count === published.test;
    const warning = `${path}: ${train.count} training and ${test.count} test images, but CIFAR-10 has ${published.train} and ${published.test}`;
    return { train, test, ...(!isWhole && { warnings: [warning] }) };
  },

  async openPart(path, part, storeAt = openArchive) {
    const { pattern } = filesOf[part];
    return imagesOfPart(path, await readBatches(await storeAt(path), (name) => pattern.test(name)), part);
  },
} as const satisfies PathFormat;

/** The images of a batch, and the numbers of their classes. */
interface Batch {
  readonly pixels: Uint8Array;
  readonly numbers: Uint8Array;
}

/** The contents of each batch, by file name. */
async function readBatches(
  store: Archive,
  isWanted: (name: string) => boolean,
): Promise<ReadonlyMap<string, Batch>> {
  const batches = new Map<string, Batch>();
  for await (const { name, source, read } of store.files(isWanted)) {
    batches.set(name, batchOf(await read(), source));
  }
  return batches;
}

function imagesOfPart(path: string, batches: ReadonlyMap<string, Batch>, part: Part): ImageSet {
  const { pattern, first } = filesOf[part];
  const names = [...batches.keys()].sort((a, b) => batchNumber(a) - batchNumber(b));
  const found = names.filter((name) => pattern.test(name)).map((name) => batches.get(name)!);
  if (found.length === 0) {
    throw new UserError('invalid-data', `${path}: ${first} is missing; use another copy`);
  }
  const images = imagesInMemory(Buffer.concat(found.map(({ pixels }) => pixels)), imageShape);
  return labelled(images, classes, Buffer.concat(found.map(({ numbers }) => numbers)), path);
}

function batchNumber(name: string): number {
  return Number(trainFile.exec(name)?.[1] ?? 0);
}

/** The images in a file of records, NHWC, and their classes. */
function batchOf(bytes: Uint8Array, source: string): Batch {
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
