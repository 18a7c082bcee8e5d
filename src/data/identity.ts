// What identifies the images of a dataset: their number and the checksum of their pixels, split by split.
import { bytesOfValues, countElements } from '../core/numeric/index.ts';
import { nextTurn } from '../core/platform/index.ts';
import { sha256, startSha256 } from '../core/platform/sha256.node.ts';
import { batchesInOrder } from './batches.ts';
import {
  bytesPerImage,
  type Conditions,
  type Dataset,
  type HoldOut,
  type ImageSet,
  type Labels,
} from './contract/dataset.ts';

/** What identifies the images of a split, in their order. */
export interface SplitIdentity {
  /** The number of images. */
  readonly images: number;
  /** SHA-256 of all pixels, in hexadecimal. */
  readonly sha256: string;
  /** SHA-256 of the names of the classes and the class of every image, if they have labels. */
  readonly labels?: string;
  /** SHA-256 of the values of each of their conditions, by name, if they have any. */
  readonly conditions?: Readonly<Record<string, string>>;
}

/** What identifies the images of a dataset, and how they were split. */
export interface DatasetIdentity {
  /** All training images; those that were held out are included. */
  readonly train: SplitIdentity;
  /** The images to choose models by. */
  readonly validation: SplitIdentity;
  /** The images of the final evaluation. */
  readonly test: SplitIdentity;
  /** How the validation images were held out of these; null if the publisher chose them. */
  readonly holdOut: HoldOut | null;
  /** The names of the images held out by name, if they are at most 1,000. */
  readonly heldOut?: readonly string[];
}

/** Images are read in blocks of this many bytes. */
const blockBytes = 2 ** 23;
const mostNames = 1000;

/** What identifies the images of a split; for training images, including those held out of them. */
export async function identifyImages(images: ImageSet): Promise<SplitIdentity> {
  const allImages = images.heldOutFrom ?? images;
  const pixels = allImages.checksum ?? (await imagesChecksum(allImages));
  return {
    images: allImages.count,
    sha256: pixels,
    ...(allImages.labels && { labels: checksumOfLabels(allImages.labels, allImages.count) }),
    ...(allImages.conditions && {
      conditions: await checksumsOfConditions(allImages.conditions, allImages.count),
    }),
  };
}

/** What identifies the images of a dataset: one pass over its pixels, unless their checksums are known. */
export async function identityOfDataset({
  train,
  validation,
  test,
  holdOut,
}: Dataset): Promise<DatasetIdentity> {
  const { nameAt, count } = validation;
  const isListed = holdOut?.by === 'name' && nameAt !== undefined && count <= mostNames;
  return {
    train: await identifyImages(train),
    validation: await identifyImages(validation),
    test: await identifyImages(test),
    holdOut: holdOut ?? null,
    ...(isListed && { heldOut: Array.from({ length: count }, (_, index) => nameAt(index)) }),
  };
}

function checksumOfLabels(labels: Labels, count: number): string {
  const numbers = Array.from({ length: count }, (_, index) => labels.classAt(index));
  return sha256([JSON.stringify([labels.classes, numbers])]);
}

async function checksumsOfConditions(conditions: Conditions, count: number): Promise<Record<string, string>> {
  const checksums: [string, string][] = [];
  for (const [name, { shape, read }] of Object.entries(conditions)) {
    const hash = startSha256();
    const size = countElements(shape);
    const atOnce = Math.max(1, Math.floor(blockBytes / (8 * size)));
    for (let first = 0; first < count; first += atOnce) {
      const indices = Array.from({ length: Math.min(atOnce, count - first) }, (_, index) => first + index);
      const values = new Float64Array(indices.length * size);
      read(indices, values);
      hash.update(new Uint8Array(values.buffer));
      await nextTurn();
    }
    checksums.push([name, hash.digest()]);
  }
  return Object.fromEntries(checksums);
}

async function imagesChecksum(images: ImageSet): Promise<string> {
  const hash = startSha256();
  const size = countElements(images.imageShape);
  const atOnce = Math.max(1, Math.min(images.count, Math.floor(blockBytes / bytesPerImage(images))));
  for (const block of batchesInOrder(images, atOnce)) {
    hash.update(bytesOfValues(block.images.subarray(0, block.count * size)));
    await nextTurn();
  }
  return hash.digest();
}
