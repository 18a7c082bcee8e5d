// A spot of 5x5 pixels planted in a texture of 32x32 is among the three framed places in nine of ten images.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageShape } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { imagesInMemory } from '../../data/contract/dataset.ts';
import { memoryFiles } from '../../data/files/fileStore.ts';
import { FlowModel } from '../../model/flowModel.ts';
import type { ReferencePlaces } from '../../model/referenceScores.ts';
import { trainedModel } from '../../model/trainedModel.ts';
import { startRun } from '../../runs/open/run.node.ts';
import { resolveConfig } from '../../runs/settings/resolve.ts';
import { train } from '../../training/loop/train.ts';
import { measurePlaces, type OddPlace, oddPlaces } from './places.ts';

const SIDE = 32;
const SPOT = 5;
const COUNT = 40;
const imageShape: ImageShape = [SIDE, SIDE, 1];

/** Textures: noise smoothed over three pixels. */
function textures(count: number, seed: number): Uint8Array {
  const pixels = new Uint8Array(count * SIDE * SIDE);
  const weights = [0.6, 1, 0.6];
  for (let image = 0; image < count; image++) {
    const noise = new RandomStream(seed, 'texture', image).normals(SIDE * SIDE);
    for (let index = 0; index < SIDE * SIDE; index++) {
      const [row, column] = [Math.floor(index / SIDE), index % SIDE];
      let sum = 0;
      weights.forEach((vertical, dy) => {
        weights.forEach((horizontal, dx) => {
          const [r, c] = [(row + dy + SIDE - 1) % SIDE, (column + dx + SIDE - 1) % SIDE];
          sum += vertical * horizontal * noise[r * SIDE + c]!;
        });
      });
      pixels[image * SIDE * SIDE + index] = Math.max(0, Math.min(255, 128 + 25 * sum));
    }
  }
  return pixels;
}

const set = (count: number, seed: number) => imagesInMemory(textures(count, seed), imageShape);
let model: FlowModel;
let places: ReferencePlaces;

beforeAll(async () => {
  const dataset = {
    name: 'textures',
    imageShape,
    train: set(400, 0),
    validation: set(100, 1),
    test: set(1, 2),
  };
  const config = resolveConfig({
    preset: 'mnist-quickstart',
    set: [
      'model.coupling=affine',
      'model.checkerboard=0',
      'model.depth=2',
      'model.conditioner.width=16',
      'training.steps=60',
      'training.batchSize=16',
      'training.warmupSteps=20',
      'training.learningRate=0.01',
    ],
  });
  const run = await startRun(config, memoryFiles('textures'), { dataset });
  const { model: flow, state } = await train({ ...run, threads: 1, workers: 1 });
  model = new FlowModel(trainedModel(flow, state, 'average'), { threads: 1 });
  places = (await measurePlaces(model, dataset.validation, { draws: 2 }))!;
});
afterAll(() => model.release());

/** Changes one pixel of a spot. */
type Change = (value: number, row: number, column: number, random: RandomStream) => number;

describe.each<[string, Change]>([
  ['noise', (_value, _row, _column, random) => random.integer(256)],
  ['brighter', (value) => value + 80],
  ['chequered', (_, row, column) => 128 + ((row + column) % 2 === 0 ? 40 : -40)],
])('a spot of pixels that are %s', (_, change) => {
  it('is framed', async () => {
    const pixels = textures(COUNT, 3);
    const random = new RandomStream(4);
    const spots = Array.from({ length: COUNT }, (_, image) => {
      const [top, left] = [random.integer(SIDE - SPOT + 1), random.integer(SIDE - SPOT + 1)];
      for (let row = top; row < top + SPOT; row++) {
        for (let column = left; column < left + SPOT; column++) {
          const index = (image * SIDE + row) * SIDE + column;
          pixels[index] = Math.max(0, Math.min(255, change(pixels[index]!, row, column, random)));
        }
      }
      return [top, left] as const;
    });
    const map = await model.bitsMap(pixels, { draws: 2, noiseByContent: true });
    const { oddest } = oddPlaces(map, places);
    // Its middle lies in the spot.
    const isOn = ({ row, column, side }: OddPlace, [top, leftEdge]: readonly [number, number]): boolean => {
      const [y, x] = [row + side / 2, column + side / 2];
      return y >= top && y <= top + SPOT && x >= leftEdge && x <= leftEdge + SPOT;
    };
    const framed = oddest.filter((frames, image) => frames.some((frame) => isOn(frame, spots[image]!)));
    expect(framed.length).toBeGreaterThanOrEqual(0.9 * COUNT);
  });
});
