// Hard images: what is changed and by how much, and that lost images are counted in each precision.
import { beforeAll, describe, expect, it } from 'vitest';
import type { ImageShape, NdArray } from '../../core/numeric/arrays.ts';
import { imagesInMemory } from '../../data/contract/dataset.ts';
import { reduceBits } from '../../data/pixels/values.ts';
import { parametersFrom } from '../../flows/contract/parameters.ts';
import { Glow } from '../../flows/models/glow.ts';
import type { ModelOptions } from '../../flows/models/options.ts';
import { imageArray } from '../../model/likelihood/likelihood.ts';
import { type TrainedModel, trainedModel } from '../../model/trainedModel.ts';
import { evaluate } from '../../tensor/engine/program.ts';
import { constant, constantValue } from '../../tensor/tensor.ts';
import { withSteepCoupling } from '../../testing/randomModel.ts';
import { tinyImages } from '../../testing/tinyImages.ts';
import { startFromData } from '../../training/step/startFromData.ts';
import {
  changedImages,
  chosenImages,
  examineHardImages,
  type HardImagesExamination,
} from './examineHardImages.ts';

const imageShape: ImageShape = [8, 8, 1];
const COUNT = 5;
const pixels = tinyImages(COUNT, 8, 5);
const engine = { threads: 1 };

/** A model with t = `bias` in the first coupling, whose inverse divides by sigmoid(2 + t). */
async function modelWith(changed: Partial<ModelOptions> = {}, bias?: number): Promise<TrainedModel> {
  const options: ModelOptions = {
    ...{ levels: 2, depth: 1, conditioner: { width: 8 }, mixing: 'emerging' },
    ...{ learnedPrior: true, bits: 8 },
    ...changed,
  };
  const model = new Glow(imageShape, options);
  const image = imageArray(tinyImages(32, 8, 1), imageShape, model.values);
  const noise = { shape: image.shape, data: image.data.map(() => 0.5) };
  const trained = trainedModel(model, await startFromData(model, { image, noise }, 0, engine), 'raw');
  const parameters = Object.entries(trained.parameters).map(([path, tensor], position) => {
    const { shape, data } = constantValue(tensor)!;
    // The last layer of a network starts at zero, which makes ln|det| the same for every image.
    const moved = data.map((_, index) => 0.1 * Math.sin(index + position));
    return [path, /coupling\/conv3\/kernel/.test(path) ? constant({ shape, data: moved }) : tensor] as const;
  });
  const varied = { ...trained, parameters: Object.fromEntries(parameters) };
  return bias === undefined ? varied : withSteepCoupling(varied, bias);
}

const examine = (trained: TrainedModel, onProgress?: (done: number, total: number) => void) =>
  examineHardImages(trained, imagesInMemory(pixels, imageShape), {
    ...engine,
    seed: 3,
    ...(onProgress && { onProgress }),
  });

let sound: TrainedModel;
beforeAll(async () => {
  sound = await modelWith();
});

describe('a sound model', () => {
  it('loses no hard image, and the changes are as large as stated', async () => {
    const calls: number[][] = [];
    const { images, kinds, smallestChange } = await examine(sound, (...call) => calls.push(call));
    expect(images).toBe(COUNT);
    expect(smallestChange).toEqual({ float32: null, float64: null });
    expect(kinds.map(({ lost }) => lost)).toEqual(kinds.map(() => ({ float32: 0, float64: 0 })));
    const changes = (kind: string) =>
      kinds.filter((imageChange) => imageChange.kind === kind).map(({ change }) => change);
    expect(changes('unchanged')).toEqual([0]);
    expect(changes('noise')).toEqual([1, 2, 4]);
    expect(changes('chosen')).toEqual([1, 2, 3, 4]);
    expect(changes('inverted')).toEqual([255]);
    expect(calls).toEqual(kinds.map((_, index) => [index + 1, kinds.length]));
  });
});

describe('a model with a small coupling scale', () => {
  it('loses images in float32 and keeps them in float64, as long as that suffices', async () => {
    const { kinds, smallestChange } = await examine(await modelWith({}, -110));
    for (const { kind, lost } of kinds) {
      expect(lost.float32, kind).toBeGreaterThan(0);
      expect(lost.float64, kind).toBe(0);
    }
    expect(smallestChange).toEqual({ float32: 0, float64: null });
    const steeper = await examine(await modelWith({}, -800));
    expect(steeper.kinds.map(({ lost }) => lost.float64)).toEqual(steeper.kinds.map(() => COUNT));
    expect(steeper.smallestChange).toEqual({ float32: 0, float64: 0 });
  });
});

describe('chosen images', () => {
  it('have a lower Σ ln|det| with every step', async () => {
    const steps = await chosenImages(sound, pixels, engine);
    const sums: number[] = [];
    for (const levels of [pixels, ...steps.map((step) => step.levels)]) {
      const image = constant(imageArray(levels, imageShape, { bits: 8 }));
      const { logDet } = sound.model.likelihood(image, constant(0.5), parametersFrom(sound.parameters));
      const [{ data }] = (await evaluate([logDet], { threads: 1 })) as [NdArray];
      sums.push(Array.from(data).reduce((total, value) => total + value, 0));
    }
    expect(sums).toEqual(sums.toSorted((a, b) => b - a));
    expect(new Set(sums).size).toBe(5);
  });

  it('do not exist if ln|det| is the same for every image', async () => {
    expect(await chosenImages(await modelWith({ coupling: 'additive' }), pixels, engine)).toEqual([]);
  });
});

it('images of fewer bits are changed by levels of these bits', async () => {
  const levels = reduceBits(pixels, 3);
  for (const { levels: changed } of changedImages(levels, { bits: 3, seed: 0 })) {
    expect(Math.max(...changed)).toBeLessThanOrEqual(7);
  }
  const { kinds }: HardImagesExamination = await examine(await modelWith({ bits: 3 }));
  expect(kinds.find(({ kind }) => kind === 'inverted')!.change).toBe(7);
  expect(kinds.every(({ lost }) => lost.float32 === 0)).toBe(true);
});
