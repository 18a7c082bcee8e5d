// Recognises copies of reference images by the statistics of their pixels.
import type { ImageStatistics } from '../../model/referenceScores.ts';
import { ninthNames } from './statistics/imageStatistics.ts';
import { pixelStatistics } from './statistics/pixelStatistics.ts';

/** Statistics that depend on neither the model nor the noise. */
const ofPixels = ['code', ...Object.keys(pixelStatistics), ...ninthNames];

/** As in `scores.json`. */
const DIGITS = 7;

/** Which reference images have the same pixels. */
export interface ReferenceContents {
  /** A number for each reference image, from 0; the same for copies. */
  readonly groups: readonly number[];
  /** The positions of the reference images that each image is a copy of. */
  copiesAmong(images: ImageStatistics): (readonly number[])[];
}

/** Finds copies among reference images; none if the brightness of their ninths wasn't measured. */
export function contents(reference: ImageStatistics): ReferenceContents {
  const names = ofPixels.filter((name) => reference[name] !== undefined);
  const isMeasured = ninthNames.every((name) => names.includes(name));
  const contentKeys = (images: ImageStatistics): string[] =>
    Array.from(Object.values(images)[0]!, (_, image) =>
      isMeasured ? names.map((name) => images[name]?.[image]?.toPrecision(DIGITS)).join(' ') : `${image}`,
    );
  const numbers = new Map<string, number>();
  const copies: number[][] = [];
  const groups = contentKeys(reference).map((key, image) => {
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    copies[number] = [...(copies[number] ?? []), image];
    return number;
  });
  return {
    groups,
    copiesAmong: (images) =>
      contentKeys(images).map((key) => (isMeasured && copies[numbers.get(key)!]) || []),
  };
}
