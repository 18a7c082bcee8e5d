// Ten kinds of odd images among typical ones, some of them also among the validation images: how many rank first.

import { countDimensions } from '../../src/core/numeric/arrays.ts';
import { type ImageShape, RandomStream } from '../../src/core/numeric/index.ts';
import { imagesInMemory } from '../../src/data/contract/dataset.ts';
import type { FlowModel } from '../../src/model/flowModel.ts';
import { fitted, statisticsAt } from '../../src/uses/odd/calibrate.ts';
import { measureStatistics } from '../../src/uses/odd/statistics/imageStatistics.ts';
import { changed } from './changes.ts';

/** How many intruders are also among the validation images. */
export const plantedCounts = [0, 1, 3, 5];

/** The kinds that are planted first. */
const PLANTED = ['noise', 'dark', 'other images', 'checkerboard', 'light'];

const REFERENCES = 100;
const FIRST = 20;
const REPETITIONS = 8;

/**
 * Scores typical images with one intruder of each of ten kinds, by validation images that contain such intruders too.
 *
 * @param validation at least 100 images to compare with; each repetition draws 100 of them
 * @param test the other typical images
 * @param others images of another kind
 * @returns for each of `plantedCounts`, how many of the ten are among the first 20; the mean over repetitions
 */
export async function intrudersFirst(
  model: FlowModel,
  { validation, test, others }: Readonly<Record<'validation' | 'test' | 'others', Uint8Array>>,
  seed: number,
): Promise<number[]> {
  const { imageShape } = model;
  const size = countDimensions(imageShape);
  const kinds = await intruders(test, others, imageShape, seed);
  const names = Object.keys(kinds);
  const pixels = Uint8Array.from(Buffer.concat([validation, test, ...Object.values(kinds)]));
  const { statistics } = await measureStatistics(model, imagesInMemory(pixels, imageShape), {
    draws: 1,
    seed,
  });
  const references = validation.length / size;
  const count = references + test.length / size;
  const unseen = Array.from({ length: count - references }, (_, index) => references + index);
  const rowIndex = (kind: string, repetition: number): number =>
    count + names.indexOf(kind) * REPETITIONS + repetition;
  return plantedCounts.map((planted) => {
    let first = 0;
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      const order = Array.from(new RandomStream(repetition, 'intruders').permutation(references));
      const typicalKinds = order.slice(0, REFERENCES - planted);
      const inReference = PLANTED.slice(0, planted).map((kind) => rowIndex(kind, repetition));
      const odd = names.map((kind) => rowIndex(kind, repetition));
      const scored = [...typicalKinds, ...unseen, ...odd];
      const { judge } = fitted('typicality', statisticsAt(statistics, [...typicalKinds, ...inReference]));
      const { values } = judge(statisticsAt(statistics, scored));
      const ranked = [...scored.keys()].sort((a, b) => values[b]! - values[a]!).slice(0, FIRST);
      first += ranked.filter((index) => scored[index]! >= count).length / REPETITIONS;
    }
    return first;
  });
}

/** Intruders of each kind, one for each repetition. */
async function intruders(
  typical: Uint8Array,
  others: Uint8Array,
  imageShape: ImageShape,
  seed: number,
): Promise<Record<string, Uint8Array>> {
  const [height, width, channels] = imageShape;
  const size = height * width * channels;
  const random = new RandomStream(seed, 'intruders');
  const drawn = (value: (row: number, column: number, repetition: number) => number): Uint8Array =>
    Uint8Array.from({ length: REPETITIONS * size }, (_, index) => {
      const pixel = Math.floor((index % size) / channels);
      return value(Math.floor(pixel / width), pixel % width, Math.floor(index / size));
    });
  const typicalPixels = typical.subarray(typical.length - REPETITIONS * size);
  const line = width * channels;
  const rows = new Uint8Array(typicalPixels.length);
  for (let first = 0; first < typicalPixels.length; first += size) {
    random.permutation(height).forEach((from, row) => {
      rows.set(typicalPixels.subarray(first + from * line, first + (from + 1) * line), first + row * line);
    });
  }
  return {
    noise: drawn(() => random.integer(256)),
    dark: drawn((_, __, repetition) => 24 + 3 * repetition),
    light: drawn((_, __, repetition) => 180 + 3 * repetition),
    gradient: drawn(
      (row, column, repetition) => (200 * (repetition % 2 ? row : column)) / width + 5 * repetition,
    ),
    checkerboard: drawn((row, column, repetition) => {
      const side = 1 + (repetition % 4);
      return (Math.floor(row / side) + Math.floor(column / side)) % 2 ? 220 - 5 * repetition : 30;
    }),
    'other images': others.slice(0, REPETITIONS * size),
    'shuffled rows': rows,
    blurred: await changed(typicalPixels, imageShape, 'blurred', seed),
    inverted: await changed(typicalPixels, imageShape, 'inverted', seed),
    'half the contrast': await changed(typicalPixels, imageShape, 'half the contrast', seed),
  };
}
