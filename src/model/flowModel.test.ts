// A trained model in use: round trips, what the results depend on, and what is refused.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { UserError } from '../core/errors.ts';
import { countElements, type ImageShape } from '../core/numeric/arrays.ts';
import { RandomStream } from '../core/numeric/random.ts';
import { imagesInMemory } from '../data/contract/dataset.ts';
import { randomParameters } from '../flows/checks/randomParameters.ts';
import { parametersFrom } from '../flows/contract/parameters.ts';
import { Glow } from '../flows/models/glow.ts';
import type { ModelOptions } from '../flows/models/options.ts';
import { evaluate } from '../tensor/engine/program.ts';
import { constant } from '../tensor/tensor.ts';
import { expectClose } from '../testing/golden.ts';
import { asConstants } from '../testing/programValues.ts';
import { withSteepCoupling } from '../testing/randomModel.ts';
import { tinyImages } from '../testing/tinyImages.ts';
import { startFromData } from '../training/step/startFromData.ts';
import { FlowModel } from './flowModel.ts';
import type { FlowModelOptions } from './flowModelOptions.ts';
import { Latents } from './latentArithmetic.ts';
import { compileDecoder, drawNormals, sliceLatents } from './latents.ts';
import { imageArray } from './likelihood/likelihood.ts';
import { type TrainedModel, trainedModel } from './trainedModel.ts';

/** Whether compiling the next encoder fails. */
const broken = vi.hoisted(() => ({ encoder: false }));

vi.mock('./latents.ts', async (load) => {
  const programs = await load<typeof import('./latents.ts')>();
  const compileEncoder: typeof programs.compileEncoder = async (...args) => {
    if (broken.encoder) {
      broken.encoder = false;
      throw new Error('it cannot be compiled');
    }
    return programs.compileEncoder(...args);
  };
  return { ...programs, compileEncoder };
});

const imageShape: ImageShape = [8, 8, 1];
const options: ModelOptions = {
  levels: 2,
  depth: 2,
  conditioner: { width: 8 },
  mixing: 'emerging',
  learnedPrior: true,
  bits: 8,
};
const COUNT = 13;
const images = tinyImages(COUNT, 8, 5);
const opened: FlowModel[] = [];

/** A model that has seen images once. */
async function start(changed: Partial<ModelOptions> = {}, seed = 0): Promise<TrainedModel> {
  const model = new Glow(imageShape, { ...options, ...changed });
  const image = imageArray(tinyImages(32, 8, 1), imageShape, model.values);
  const noise = { shape: image.shape, data: new Float32Array(countElements(image.shape)) };
  new RandomStream(0, 'start').fillDequantisationNoise(noise.data);
  return trainedModel(model, await startFromData(model, { image, noise }, seed, { threads: 1 }), 'raw');
}

function use(trained: TrainedModel, changed: FlowModelOptions = {}): FlowModel {
  const model = new FlowModel(trained, { threads: 1, ...changed });
  opened.push(model);
  return model;
}

let trained: TrainedModel;
let model: FlowModel;
beforeAll(async () => {
  trained = await start();
  model = use(trained);
});
afterAll(() => Promise.all(opened.map((candidate) => candidate.release())));

describe('encode and decode', () => {
  it('produce latents of the declared shapes, and recover the images', async () => {
    const latents = await model.encode(images);
    expect(latents.map(({ shape }) => shape)).toEqual([
      [COUNT, 4, 4, 2],
      [COUNT, 2, 2, 8],
    ]);
    expect(model.latentShapes).toEqual([
      [4, 4, 2],
      [2, 2, 8],
    ]);
    expect(await model.decode(latents)).toEqual(images);
  });

  it('recover images of fewer bits, scaled to 8', async () => {
    const coarse = use(await start({ bits: 3 }));
    const expected = images.map((value) => Math.round(((value >> 5) * 255) / 7));
    expect(await coarse.decode(await coarse.encode(images))).toEqual(expected);
    expect(coarse.bits).toBe(3);
  });

  it('preserve in float64 what small coupling scales would lose in float32', async () => {
    // The inverse divides by sigmoid(2 − 16), which amplifies rounding from 1e-7 beyond a pixel's interval.
    const steep = use(withSteepCoupling(trained, -16));
    const single = await steep.decodeValues(await steep.encode(images));
    const latents = await steep.encode(images, { precision: 'float64' });
    const double = await steep.decodeValues(latents);
    const isLost = (value: number, index: number): boolean => !(Math.abs(value - double[index]!) < 1 / 512);
    expect([...single].some(isLost)).toBe(true);
    expect(latents[0]!.data).toBeInstanceOf(Float64Array);
    expect(await steep.decode(latents)).toEqual(images);
  });

  it('are verified: images that do not return are named, and corrections return them', async () => {
    const steep = use(withSteepCoupling(trained, -16), { batchSize: 5 });
    const latents = await steep.encode(images);
    const decoded = await steep.decode(latents);
    const size = images.length / COUNT;
    const differs = (image: number): boolean =>
      decoded.subarray(image * size, (image + 1) * size).some((v, i) => v !== images[image * size + i]);
    const done: number[] = [];
    const { inexact, notFinite, corrections, checksums } = await steep.verify(images, latents, {
      onProgress: (images) => done.push(images),
    });
    expect(done).toEqual([5, 10, 13]);
    expect(inexact).toEqual(Array.from({ length: COUNT }, (_, image) => image).filter(differs));
    expect(inexact.length).toBeGreaterThan(0);
    expect(notFinite).toEqual([]);
    expect(new Set(checksums).size).toBe(COUNT);
    expect(await steep.decode(latents, { corrections })).toEqual(images);
    const double = await steep.encode(images, { precision: 'float64' });
    expect(await steep.verify(images, double)).toMatchObject({ inexact: [], corrections: new Map() });
  });

  it('return images whose decoding is not finite only from corrections', async () => {
    // sigmoid(2 − 200) is 0 in float32.
    const broken = use(withSteepCoupling(trained, -200));
    const latents = await broken.encode(images);
    await expect(broken.decode(latents)).rejects.toThrow('image 0 cannot be decoded');
    const { inexact, notFinite, corrections } = await broken.verify(images, latents);
    expect(notFinite).toEqual(Array.from({ length: COUNT }, (_, image) => image));
    expect(inexact).toEqual(notFinite);
    expect(await broken.decode(latents, { corrections })).toEqual(images);
    corrections.get(3)!.values[0]! ^= 1;
    expect(await broken.decode(latents, { corrections })).not.toEqual(images);
  });

  it('are verified only for the images that have latents', async () => {
    const latents = await model.encode(images.subarray(0, 128));
    await expect(model.verify(images, latents)).rejects.toThrow('these latents belong to 2 images, not 13');
  });

  it('run fewer images at a time if there is little memory, and say so if there is too little for one', async () => {
    const expected = await model.sample({ count: 6 });
    using memory = vi.spyOn(process, 'availableMemory');
    const small = use(trained);
    const seen: number[] = [];
    const decoder = await compileDecoder(trained, { threads: 1 });
    await decoder.release();
    const perImage = decoder.bytesPerImage;
    memory.mockReturnValue((2.5 * perImage) / 0.4);
    const onProgress = (done: number) => void seen.push(done);
    expect(await small.sample({ count: 6, onProgress })).toEqual(expected);
    expect(seen).toEqual([2, 4, 6]);
    memory.mockReturnValue(perImage);
    await expect(small.sample({ count: 1 })).rejects.toThrow(
      /the activations of an image of 8x8x1 take .* of memory/,
    );
    memory.mockReturnValue(2 ** 30);
    await expect(small.sample({ count: 2 ** 25 })).rejects.toThrow(
      'the pixels of 33554432 images take 2.0 GiB of memory, but only 1.0 GiB is available: draw fewer at a time',
    );
    await expect(small.sample({ count: 2 ** 40 })).rejects.toThrow('the pixels of 1099511627776 images take');
  });

  it('name the image whose values overflow, or leave it black with onOverflow', async () => {
    const latents = await model.encode(images);
    latents[1]!.data.fill(3e38, 4 * 32, 5 * 32);
    await expect(model.decode(latents)).rejects.toThrow(UserError);
    await expect(model.decode(latents)).rejects.toThrow(
      /^image 4 cannot be decoded: its largest latent is 3e\+38, and rounding grows/,
    );
    const values = await model.decodeValues(latents);
    const onOverflow = vi.fn();
    const decoded = await model.decode(latents, { onOverflow });
    expect(onOverflow.mock.calls).toEqual([[[4]]]);
    expect(decoded).toEqual(images.map((level, index) => (Math.floor(index / 64) === 4 ? 0 : level)));
    expect(model.toPixels(values.subarray(0, 4 * 64))).toEqual(images.subarray(0, 4 * 64));
    expect(model.toPixels(values.subarray(5 * 64))).toEqual(images.subarray(5 * 64));
  });

  it('leave the image NaN in a continuous model', async () => {
    const glow = new Glow(imageShape, { ...options, continuous: { mean: [3], deviation: [2] } });
    const fields = use({ model: glow, parameters: asConstants(randomParameters(glow.parameters, 1)) });
    const values = Float32Array.from({ length: 3 * 64 }, (_, index) => 3 + Math.sin(index));
    const latents = await fields.encode(values);
    latents[1]!.data.fill(3e38, 32, 64);
    const decoded = await fields.decode(latents, {
      onOverflow: (overflowing) => expect(overflowing).toEqual([1]),
    });
    expect(decoded.subarray(64, 128)).toEqual(new Float32Array(64).fill(Number.NaN));
    expect([...decoded.subarray(0, 64), ...decoded.subarray(128)].every(Number.isFinite)).toBe(true);
  });
});

describe('results do not depend on the batch', () => {
  it.each([1, 3, 64])('at batch size %i', async (batchSize) => {
    const otherModel = use(trained, { batchSize });
    const latents = await model.encode(images);
    expect(await otherModel.encode(images)).toEqual(latents);
    expect(await otherModel.decode(latents)).toEqual(images);
    const drawn = { count: 7, temperature: 0.9, seed: 2 };
    expect(await otherModel.sample(drawn)).toEqual(await model.sample(drawn));
    expect(await otherModel.bitsPerDim(images, { draws: 2 })).toEqual(
      await model.bitsPerDim(images, { draws: 2 }),
    );
  });

  it('nor on the other images', async () => {
    const alone = await model.encode(images.subarray(64, 128));
    expect(alone).toEqual(sliceLatents(await model.encode(images), 1, 2));
  });
});

describe('sample', () => {
  it('returns the same bytes for the same seed, and the same image i for any count', async () => {
    const six = await model.sample({ count: 6, seed: 4 });
    expect(await model.sample({ count: 6, seed: 4 })).toEqual(six);
    expect(await model.sample({ count: 2, seed: 4 })).toEqual(six.subarray(0, 2 * 64));
    expect(await model.sample({ count: 6, seed: 5 })).not.toEqual(six);
    expect(await model.sample({ count: 6, seed: 4, temperature: 1 })).toEqual(six);
  });

  it('decodes drawn latents like samples, level by level', async () => {
    const drawn = drawNormals(model.latentShapes, { count: 6, seed: 4, temperature: 0.8 });
    expect(await model.decode(drawn)).toEqual(await model.sample({ count: 6, seed: 4, temperature: 0.8 }));
    const later = drawNormals(model.latentShapes, { count: 2, first: 4, seed: 4, temperature: 0.8 });
    expect(later).toEqual(
      sliceLatents(drawn, 4, 6).map(({ shape, data }) => ({ shape, data: data.slice() })),
    );
    expect(() => drawNormals(model.latentShapes, { count: 1.5 })).toThrow('count');
    expect(() => drawNormals(model.latentShapes, { count: 1, temperature: -1 })).toThrow('temperature');

    // One level of encoded images redrawn: the image has exactly these latents, the others as they were.
    const latents = await model.encode(images.subarray(0, 6 * 64), { precision: 'float64' });
    for (const level of [0, 1]) {
      const redrawn = latents.with(level, drawn[level]!);
      const values = await model.decodeValues(redrawn);
      const x = constant({ shape: [6, ...imageShape], data: values });
      const encoded = await evaluate(model.model.encode(x, parametersFrom(model.parameters)).latents);
      encoded.forEach(({ data }, index) => {
        expectClose(`latents ${index}`, data, redrawn[index]!.data, 'float64');
      });
    }
  });

  it('returns the same pixels with either inverse of emerging convolutions', async () => {
    const slow = use(trained, { inverse: 'sequential', batchSize: 5 });
    expect(await slow.sample({ count: 12, seed: 6 })).toEqual(await model.sample({ count: 12, seed: 6 }));
    expect(slow.fingerprint).toBe(model.fingerprint);
    const latents = await slow.encode(images);
    expect(await slow.decode(latents)).toEqual(images);
    const [values, slowValues] = [await model.decodeValues(latents), await slow.decodeValues(latents)];
    expect(slowValues).not.toEqual(values);
    expectClose('values', slowValues, values, 'float32');
  });

  it('decodes the mean of the priors at temperature 0', async () => {
    const zero = model.latentShapes.map((shape) => ({
      shape: [1, ...shape],
      data: new Float32Array(countElements(shape)),
    }));
    const cold = await model.sample({ count: 2, temperature: 0 });
    expect(cold).toEqual(Uint8Array.from([...(await model.decode(zero)), ...(await model.decode(zero))]));
  });

  it('reports the images whose values overflow and returns them black, or fails without onOverflow', async () => {
    const hot = { count: 4, temperature: 1e38, seed: 1 };
    await expect(model.sample(hot)).rejects.toThrow(
      /^\d of 4 samples have non-finite values, the first is image \d: try a lower temperature, or train longer$/,
    );
    const overflowed: number[] = [];
    const onOverflow = (overflowing: readonly number[]) => void overflowed.push(...overflowing);
    const drawn = await model.sample({ ...hot, onOverflow });
    expect(overflowed.length).toBeGreaterThan(0);
    for (const image of overflowed) {
      expect(drawn.subarray(image * 64, (image + 1) * 64)).toEqual(new Uint8Array(64));
    }
  });

  it('refuses options of the model and pixels that are none', async () => {
    const trained = { model: model.model, parameters: model.parameters };
    expect(() => new FlowModel(trained as TrainedModel, { threads: -1 })).toThrow(
      'threads must be a whole number of 1 or more, not -1',
    );
    expect(() => new FlowModel(trained as TrainedModel, { batchSize: 0 })).toThrow(
      'batchSize must be a whole number of 1 or more, not 0',
    );
    await expect(model.encode([1, 2] as unknown as Uint8Array)).rejects.toThrow(
      'images must be a Uint8Array',
    );
  });
});

describe('logLikelihood', () => {
  it('is bits/dim in nats, the mean over draws of the noise', async () => {
    const nats = await model.logLikelihood(images, { draws: 3, seed: 7 });
    const bits = await model.bitsPerDim(images, { draws: 3, seed: 7 });
    const draws = await model.bitsPerDimByDraw(imagesInMemory(images, imageShape), { draws: 3, seed: 7 });
    expect(draws).toHaveLength(3);
    nats.forEach((value, image) => {
      expect(value).toBeCloseTo(-64 * Math.LN2 * bits[image]!, 9);
      const [a, b, c] = draws.map((draw) => draw[image]!) as [number, number, number];
      expect(bits[image]).toBeCloseTo((a + b + c) / 3, 12);
      expect(a).not.toBe(b);
    });
    expect(await model.logLikelihood(images, { draws: 3, seed: 8 })).not.toEqual(nats);
  });

  it('refuses fewer than one draw, and images of another shape', async () => {
    await expect(model.bitsPerDim(images, { draws: 0 })).rejects.toThrow(/draws must be a whole number/);
    const wide = imagesInMemory(images, [4, 16, 1]);
    await expect(model.bitsPerDimByDraw(wide)).rejects.toThrow(
      new UserError('mismatch', 'the images are 4x16x1, but the model takes 8x8x1'),
    );
  });
});

describe('input that does not fit the model is refused', () => {
  it('images of a different size', async () => {
    const message = '65 values are not a whole number of images: the model takes 8x8x1, 8-bit integers';
    await expect(model.encode(new Uint8Array(65))).rejects.toThrow(new UserError('mismatch', message));
    await expect(model.logLikelihood(new Uint8Array(65))).rejects.toThrow(new UserError('mismatch', message));
  });

  it('latents of different shapes', async () => {
    const latents = await model.encode(images);
    const expected = 'expected [13, 4, 4, 2], [13, 2, 2, 8]';
    await expect(model.decode(latents.toReversed())).rejects.toThrow(
      `these latents do not fit this model: they have shapes [13, 2, 2, 8], [13, 4, 4, 2], ${expected}`,
    );
    await expect(model.decode([])).rejects.toThrow(
      'these latents do not fit this model: the list is empty, expected [N, 4, 4, 2], [N, 2, 2, 8]',
    );
    await expect(model.decode(latents.slice(0, 1))).rejects.toThrow(expected);
    const short = [latents[0]!, { shape: [13, 2, 2, 8], data: new Float32Array(5) }];
    await expect(model.decode(short)).rejects.toThrow(/do not fit this model/);
  });
});

describe('the fingerprint', () => {
  it('depends on the weights and on every option', async () => {
    expect(use(await start()).fingerprint).toBe(model.fingerprint);
    const others = [
      await start({}, 1),
      await start({ learnedPrior: false }),
      // The same parameters, used differently.
      { ...trained, model: new Glow(imageShape, { ...options, mixing: { dilation: 2 } }) },
      { ...trained, model: new Glow([8, 16, 1], options) },
    ].map((candidate) => use(candidate).fingerprint);
    expect(new Set([model.fingerprint, ...others]).size).toBe(5);
    expect(model.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('a program that cannot be compiled', () => {
  it('is not cached: the next call compiles it again', async () => {
    const otherModel = use(trained);
    broken.encoder = true;
    await expect(otherModel.encode(images)).rejects.toThrow('it cannot be compiled');
    expect(await otherModel.encode(images)).toEqual(await model.encode(images));
  });

  it('does not keep the model from being released', async () => {
    const otherModel = use(trained);
    broken.encoder = true;
    const encoded = otherModel.encode(images);
    await otherModel.release();
    await expect(encoded).rejects.toThrow('it cannot be compiled');
  });
});

it('is released at the end of a block', async () => {
  using released = vi.spyOn(FlowModel.prototype, 'release');
  {
    await using otherModel = new FlowModel(trained, { threads: 1 });
    expect(await otherModel.sample({ count: 0 })).toEqual(new Uint8Array());
    expect(released).not.toHaveBeenCalled();
  }
  expect(released).toHaveBeenCalledTimes(1);
});

it('works again after its programs were freed, and two calls at once share a program', async () => {
  const otherModel = use(trained);
  const [a, b] = await Promise.all([otherModel.encode(images), otherModel.encode(images)]);
  expect(a).toEqual(b);
  await otherModel.freePrograms();
  expect(await otherModel.encode(images)).toEqual(a);
});

it.each(['freePrograms', 'release'] as const)('%s lets the calls that run end', async (free) => {
  const otherModel = use(trained, { batchSize: 1 });
  let freed: Promise<void> | undefined;
  const bits = await otherModel.bitsPerDim(images, {
    onProgress() {
      freed ??= otherModel[free]();
    },
  });
  expect(bits).toHaveLength(COUNT);
  await freed;
});

it('refuses every call after it was released', async () => {
  const reopened = use(trained);
  const latents = await reopened.encode(images);
  await reopened.release();
  const calls = [
    () => reopened.encode(images),
    () => reopened.decode(latents),
    () => reopened.sample({ count: 0 }),
    () => reopened.bitsPerDim(images),
    () => reopened.gradient(images),
  ];
  for (const call of calls) {
    await expect(call()).rejects.toThrow('this model has been released: load it again');
  }
  await reopened.release();
});

describe('latents on the host', () => {
  const latent = (...values: number[]) => [{ shape: [1, 1, 1, 2], data: Float32Array.from(values) }];

  it('lie on a straight line, both ends included', () => {
    const [line] = Latents.interpolate(latent(0, 4), latent(3, -4), 3);
    expect(line).toEqual({ shape: [3, 1, 1, 2], data: Float32Array.from([0, 4, 1.5, 0, 3, -4]) });
    expect(() => Latents.interpolate(latent(0, 1), latent(1, 0), 1)).toThrow(RangeError);
    expect(() => Latents.interpolate(latent(0, 1), [], 2)).toThrow(/different shapes/);
    expect(() => Latents.interpolate(latent(0, 1), latent(1, 0, 2, 3), 2)).toThrow(/different shapes/);
  });

  it('have a mean, and move along a difference', () => {
    const batch = [{ shape: [2, 1, 1, 2], data: Float32Array.from([1, 2, 3, 6]) }];
    expect(Latents.mean(batch)).toEqual(latent(2, 4));
    const moved = Latents.move(latent(1, 1), {
      from: latent(0, 2),
      towards: latent(2, 3),
      amounts: [0, 1, -2],
    });
    expect(moved).toEqual([{ shape: [3, 1, 1, 2], data: Float32Array.from([1, 1, 3, 2, -3, -1]) }]);
    const ofAnotherModel = { from: latent(0, 2), towards: latent(2), amounts: [1] };
    expect(() => Latents.move(latent(1, 1), ofAnotherModel)).toThrow(/different shapes/);
  });
});
