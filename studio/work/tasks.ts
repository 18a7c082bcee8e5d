// What the rooms compute with a trained model, in a worker.
import { contactSheet, type ImageShape, interpolateLatents, RandomStream } from 'emerging-flows';
import type { Call, Progress } from './calls.ts';
import { codingClass } from './codingClass.ts';
import { digitTasks } from './digitTasks.ts';
import { examine } from './doctor.ts';
import { insideTasks } from './insideTasks.ts';
import { keptModels } from './keptModels.ts';
import { measured } from './measured.ts';
import { type ModelAddress, modelAt } from './models.ts';
import { oddTasks } from './oddTasks.ts';
import { readTasks } from './readTasks.ts';
import { workOf } from './workOf.ts';

/** Images of 8 bits, one after another. */
export interface Images {
  readonly pixels: Uint8Array;
  readonly shape: ImageShape;
}

/** How far a sheet of samples is. */
export interface DrawingProgress extends Progress {
  /** All of its images; those to come are black. */
  readonly images: Images;
}

/** An image that went through a model and back. */
export interface ImageAndNoise {
  readonly image: Images;
  /** The latents that were decoded, of each prior. */
  readonly latents: readonly { readonly shape: readonly number[]; readonly values: Float32Array }[];
  /** Mean and standard deviation of the image's own latents. */
  readonly mean: number;
  readonly deviation: number;
  readonly bitsPerDim: number;
  readonly back: Images;
  /** The values of the image that came back as they were. */
  readonly equal: number;
}

/** The tasks, by name. */
export const tasks = {
  /** Draws images as `emerging sample` does; those with values that are not finite are black. */
  async sample(
    {
      model: address,
      class: name,
      ...options
    }: { model: ModelAddress; count: number; temperature: number; seed: number; class?: string },
    call: Call<Progress | DrawingProgress>,
  ): Promise<Images & { readonly overflowed: readonly number[]; readonly classes: readonly string[] }> {
    const model = await modelAt(address, call);
    let overflowed: readonly number[] = [];
    const pixels = await model.sample({
      ...options,
      // A name that is left over from another model means none.
      class: name !== undefined && model.classes.includes(name) ? name : undefined,
      signal: call.signal,
      onPixels(drawn, done) {
        const images = { pixels: drawn, shape: model.imageShape };
        call.report({ done, total: options.count, doing: 'Drawing', images });
      },
      onOverflow: (images) => {
        overflowed = images;
      },
    });
    return { pixels, shape: model.imageShape, overflowed, classes: model.classes };
  },

  /** bits/dim of each image, as `emerging score` measures them. */
  async measure(
    { model: address, pixels }: { model: ModelAddress; pixels: Uint8Array },
    call: Call,
  ): Promise<number[]> {
    const model = await modelAt(address, call);
    return [...(await model.bitsPerDim(pixels, { ...measured, ...workOf(call, 'Measuring') }))];
  },

  /**
   * The images between two, both included, along a straight line in latent space, as `emerging interpolate` makes them: of
   * a model with classes, all under the most probable class of the first.
   */
  async walk(
    {
      model: address,
      ends,
      steps,
    }: { model: ModelAddress; ends: readonly [Uint8Array, Uint8Array]; steps: number },
    call: Call,
  ): Promise<Images & { readonly class: string | undefined }> {
    const model = await modelAt(address, call);
    const name = await codingClass(model, ends[0], '', call);
    const given = { class: name, signal: call.signal };
    const [from, to] = [await model.encode(ends[0], given), await model.encode(ends[1], given)];
    const between = interpolateLatents(from, to, steps);
    const pixels = await model.decode(between, { ...given, ...workOf(call, 'Walking') });
    return { pixels, shape: model.imageShape, class: name };
  },

  /**
   * A sample, its latents, and the image that comes back from them when a share of other noise is mixed in, which
   * changes nothing about their variance.
   */
  async imageAndNoise(
    {
      model: address,
      seed,
      temperature,
      noise,
    }: { model: ModelAddress; seed: number; temperature: number; noise: number },
    call: Call,
  ): Promise<ImageAndNoise> {
    const model = await modelAt(address, call);
    // The first sample of a model with classes is of its first class, under which it is encoded.
    const { signal } = call;
    const pixels = await model.sample({ count: 1, seed, temperature, signal });
    const latents = await model.encode(pixels, { signal });
    const [bitsPerDim] = await model.bitsPerDim(pixels, { ...measured, signal });
    const random = new RandomStream(seed, 'other noise');
    const mixed = latents.map(({ shape, data }) => ({
      shape,
      data: Float32Array.from(
        data,
        (value) => Math.sqrt(1 - noise ** 2) * value + noise * temperature * random.normal(),
      ),
    }));
    const back = await model.decode(mixed, { signal });
    const values = latents.flatMap(({ data }) => [...data]);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return {
      image: { pixels, shape: model.imageShape },
      latents: mixed.map(({ shape, data }) => ({ shape, values: data })),
      mean,
      deviation: Math.sqrt(variance),
      bitsPerDim: bitsPerDim!,
      back: { pixels: back, shape: model.imageShape },
      equal: back.filter((value, index) => value === pixels[index]).length,
    };
  },
  /** The models that were trained in this browser. */
  keptModels,

  /** What the doctor says of a model. */
  examine,

  /** Images on one sheet, as the bytes of a PNG. */
  async sheet({ pixels, shape, columns }: Images & { columns?: number }): Promise<Uint8Array<ArrayBuffer>> {
    const png = contactSheet(pixels, { imageShape: shape, ...(columns !== undefined && { columns }) });
    return new Uint8Array(png);
  },

  ...digitTasks,
  ...readTasks,
  ...insideTasks,
  ...oddTasks,
};

/** The tasks that a page may call. */
export type ModelTasks = typeof tasks;
