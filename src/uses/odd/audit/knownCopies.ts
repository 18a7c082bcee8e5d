// Which images are copies of known ones, such as the training images of a model.
import { UserError } from '../../../core/errors.ts';
import { kindInWords } from '../../../core/numeric/index.ts';
import { nextTurn } from '../../../core/platform/index.ts';
import { type ImageSet, readOne } from '../../../data/contract/index.ts';
import type { Integers } from '../../../data/pixels/index.ts';
import { partOfWork, type WorkOptions } from '../../../model/index.ts';
import type { CompileOptions } from '../../../tensor/engine/index.ts';
import { nearCopies } from './duplicates.ts';
import { type ExaminedImage, examinedPixels } from './examinedImages.ts';
import { collectPictures } from './features.ts';
import { NEIGHBOURS } from './neighbours.ts';
import { addTo } from './shapes.ts';

/** An image and the known images that it is a copy of, as positions. */
interface KnownCopy {
  readonly image: number;
  /** Those with the same pixels. */
  readonly same: readonly number[];
  /** Those that are nearly identical. */
  readonly near: readonly number[];
}

/**
 * Finds the images that are copies of known ones, or nearly: each is a copy among the most similar images
 * of the other, unless that has more copies than are compared.
 *
 * @throws UserError (`unsupported`) if they are not grey or colour images of integers
 */
export async function copiesOfKnown(
  set: ImageSet,
  knownSet: ImageSet,
  { engine, ...following }: WorkOptions & { readonly engine: CompileOptions },
): Promise<KnownCopy[]> {
  const total = 3 * set.count + knownSet.count;
  const images = await examined(set, partOfWork(following, { before: 0, of: total }));
  const knownExamined = await examined(knownSet, partOfWork(following, { before: set.count, of: total }));
  const byKey = new Map<string, number[]>();
  knownExamined.forEach(({ key }, index) => {
    addTo(byKey, key, index);
  });
  // Both without repetitions, which would be the most similar images of each other.
  const distinct = knownExamined.filter(({ key }, index) => byKey.get(key)![0] === index);
  const positionByKey = new Map(images.map(({ key }, image) => [key, image]));
  const others = [...positionByKey].flatMap(([key, image]) => (byKey.has(key) ? [] : [image]));
  const compared = [...others.map((image) => images[image]!), ...distinct];
  const pictures = collectPictures(compared);
  const search = (positions: readonly number[], before: number): Promise<number[][]> =>
    nearCopies(positions, compared, pictures, {
      engine,
      secondFrom: others.length,
      signal: following.signal,
      onProgress: (done, of) => following.onProgress?.(before + (set.count * done) / of, total),
    });
  const start = set.count + knownSet.count;
  const copies = await search([...others.keys()], start);
  const likely = [...new Set(copies.flat())].filter((position) => position >= others.length);
  const back = await search(likely, start + set.count);
  const returned = new Map(likely.map((position, slot) => [position, back[slot]!]));
  const nearOf = new Map<string, number[]>();
  copies.forEach((positions, candidate) => {
    for (const position of positions) {
      const answers = returned.get(position)?.filter((answer) => answer < copies.length);
      // A full list may lack images that are as similar.
      if (answers && (answers.length >= NEIGHBOURS || answers.includes(candidate))) {
        for (const index of byKey.get(compared[position]!.key)!) {
          addTo(nearOf, compared[candidate]!.key, index);
        }
      }
    }
  });
  return images
    .map(({ key }, image) => ({ image, same: byKey.get(key) ?? [], near: nearOf.get(key) ?? [] }))
    .filter(({ same, near }) => same.length + near.length > 0);
}

/**
 * Checks that copies of images can be found.
 *
 * @throws UserError (`unsupported`) if they are not grey or colour images of integers
 */
export function requirePictures({ imageShape: [, , channels], kind }: ImageSet): void {
  if (kind === 'float32' || (channels !== 1 && channels !== 3)) {
    throw new UserError(
      'unsupported',
      `copies are found among grey and colour images of integers, and these have ${channels} channels of ${kindInWords(kind)}`,
    );
  }
}

async function examined(set: ImageSet, { signal, onProgress }: WorkOptions): Promise<ExaminedImage[]> {
  requirePictures(set);
  const [height, width, channels] = set.imageShape;
  const images: ExaminedImage[] = [];
  for (let index = 0; index < set.count; index++) {
    const data = readOne(set, index) as Integers;
    images.push(examinedPixels({ width, height, channels: channels as 1 | 3, data, notes: [] }, index));
    if (index % 64 === 0) {
      signal?.throwIfAborted();
      onProgress?.(index, set.count);
      await nextTurn();
    }
  }
  return images;
}
