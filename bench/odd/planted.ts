// Odd images of five kinds planted among others, and how many of them a score finds first.
import { type ImageSet, readAll, readOne } from '../../src/data/contract/dataset.ts';
import { dimensionsOf } from '../../src/numeric/imageShape.ts';
import { RandomStream } from '../../src/numeric/random.ts';
import { eightBit } from '../../src/testing/eightBit.ts';
import { changed } from './changes.ts';

/** Images of each kind. */
const EACH = 4;

/** Images, some of them odd. */
interface Planted {
  readonly pixels: Uint8Array;
  /** How many odd images are among the first ones by these scores. */
  foundAmongFirst(count: number, scores: Float64Array): number;
}

/** Adds 20 odd images: of another set, plain grey, noise, blurred, and with shuffled rows. */
export async function plant(images: ImageSet, others: ImageSet, seed: number): Promise<Planted> {
  const random = new RandomStream(seed, 'planted');
  const { imageShape } = images;
  const [height] = imageShape;
  const size = dimensionsOf(imageShape);
  const some = (from: ImageSet): Uint8Array => eightBit(readOne(from, random.integer(from.count)));
  const shuffled = (image: Uint8Array): Uint8Array => {
    const row = size / height;
    const order = random.permutation(height);
    return Uint8Array.from(
      { length: size },
      (_, place) => image[order[Math.floor(place / row)]! * row + (place % row)]!,
    );
  };
  const odd: Uint8Array[] = [];
  for (let copy = 0; copy < EACH; copy++) {
    odd.push(
      some(others),
      new Uint8Array(size).fill(random.integer(256)),
      Uint8Array.from({ length: size }, () => random.integer(256)),
      await changed(some(images), imageShape, 'blurred', seed),
      shuffled(some(images)),
    );
  }
  const own = readAll(images);
  const pixels = new Uint8Array(own.length + odd.length * size);
  pixels.set(own);
  odd.forEach((image, place) => {
    pixels.set(image, own.length + place * size);
  });
  return {
    pixels,
    foundAmongFirst(count, scores) {
      const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
      return order.slice(0, count).filter((index) => index >= images.count).length;
    },
  };
}
