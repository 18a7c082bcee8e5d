// The rooms' tasks with a trained model, run in a worker.

import { Latents, RandomStream } from 'emerging-flows';
import { type OpenedImages, openImages } from 'emerging-flows/data';
import { contactSheet } from 'emerging-flows/pictures';
import { type Call, type Progress, workOptions } from './calls.ts';
import { measured } from './constants.ts';
import { DIGITS_FILE } from './digits.ts';
import { examine } from './doctor.ts';
import { insideTasks } from './insideTasks.ts';
import { keptModels } from './keptModels.ts';
import type { Images } from './models.ts';
import { codingClass, eightBit, type ModelAddress, modelAt } from './models.ts';
import { oddTasks } from './oddTasks.ts';
import { passageTasks } from './passageTasks.ts';
import { readTasks } from './readTasks.ts';

/** The progress of a sheet of samples. */
export interface DrawingProgress extends Progress {
  /** All images of the sheet; the missing ones are black. */
  readonly images: Images;
}

/** An image, its latents, and the image decoded from them. */
export interface ImageAndNoise {
  readonly image: Images;
  /** The decoded latents of each prior. */
  readonly latents: readonly { readonly shape: readonly number[]; readonly values: Float32Array }[];
  /** Mean and standard deviation of the image's own latents. */
  readonly mean: number;
  readonly deviation: number;
  readonly bitsPerDim: number;
  readonly back: Images;
  /** The number of recovered values. */
  readonly equal: number;
}

/** Kept open, because more digits are usually requested. */
let opened: Promise<OpenedImages> | undefined;

/** The tasks with digits. */
const digitTasks = {
  /** A range of the digits: of training images, or of test images, which no model has seen. */
  async digits(
    {
      url,
      split,
      from,
      count,
    }: {
      readonly url: string;
      readonly split: 'train' | 'test';
      /** The index of the first; the range is cut at the end of the split. */
      readonly from: number;
      readonly count: number;
    },
    { report, signal }: Call,
  ): Promise<Images> {
    opened ??= openImages(url, {
      name: DIGITS_FILE,
      // Keep all training digits in one split, so that indices are stable.
      validation: 0,
      onProgress: (done, total) => report({ done, total, doing: 'Loading the digits' }),
    });
    const loading = opened;
    let images: OpenedImages;
    try {
      images = await loading;
    } catch (error) {
      // Lets the next call retry.
      opened = opened === loading ? undefined : opened;
      throw error;
    }
    signal.throwIfAborted();
    const { count: total, imageShape: shape } = images[split];
    const indices = Array.from({ length: Math.max(0, Math.min(count, total - from)) }, (_, n) => from + n);
    const pixels = new Uint8Array(indices.length * shape[0] * shape[1] * shape[2]);
    images[split].read(indices, pixels);
    return { pixels, shape };
  },
};

/** The tasks, by name. */
export const tasks = {
  /** Draws samples as `emerging sample` does; overflowed ones are black. */
  async sample(
    {
      model: address,
      class: name,
      ...options
    }: {
      model: ModelAddress;
      count: number;
      temperature: number;
      seed: number;
      class?: string;
    },
    call: Call<Progress | DrawingProgress>,
  ): Promise<Images & { readonly overflowed: readonly number[]; readonly classes: readonly string[] }> {
    const model = await modelAt(address, call);
    let overflowed: readonly number[] = [];
    const pixels = await model.sample({
      ...options,
      // The name may be left over from another model.
      class: name !== undefined && model.classes.includes(name) ? name : undefined,
      signal: call.signal,
      onPixels(drawn, done) {
        const images = { pixels: eightBit(drawn), shape: model.imageShape };
        call.report({ done, total: options.count, doing: 'Sampling', images });
      },
      onOverflow: (images) => {
        overflowed = images;
      },
    });
    return { pixels: eightBit(pixels), shape: model.imageShape, overflowed, classes: model.classes };
  },

  /** bits/dim of each image, as `emerging score` measures them. */
  async measure(
    { model: address, pixels }: { model: ModelAddress; pixels: Uint8Array },
    call: Call,
  ): Promise<number[]> {
    const model = await modelAt(address, call);
    return [...(await model.bitsPerDim(pixels, { ...measured, ...workOptions(call, 'Measuring') }))];
  },

  /**
   * Interpolates between two images, both included, as `emerging interpolate` does. A model with classes uses the most
   * probable class of the first image throughout. Overflowed images are black.
   */
  async interpolate(
    {
      model: address,
      ends,
      steps,
    }: { model: ModelAddress; ends: readonly [Uint8Array, Uint8Array]; steps: number },
    call: Call,
  ): Promise<Images & { readonly class: string | undefined; readonly overflowed: number }> {
    const model = await modelAt(address, call);
    const name = await codingClass(model, ends[0], '', call);
    const options = { class: name, signal: call.signal };
    const [from, to] = [await model.encode(ends[0], options), await model.encode(ends[1], options)];
    const between = Latents.interpolate(from, to, steps);
    let overflowed = 0;
    const decoded = await model.decode(between, {
      ...options,
      ...workOptions(call, 'Interpolating'),
      onOverflow: (images) => {
        overflowed = images.length;
      },
    });
    return { pixels: eightBit(decoded), shape: model.imageShape, class: name, overflowed };
  },

  /** A sample, its latents, and the image decoded from them after mixing in other noise of the same variance. */
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
    // In a model with classes, both sampling and encoding default to the first class.
    const { signal } = call;
    const pixels = eightBit(await model.sample({ count: 1, seed, temperature, signal }));
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
    const back = eightBit(await model.decode(mixed, { signal }));
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

  /** The models trained in this browser. */
  keptModels,

  /** Runs the doctor's checks. */
  examine,

  /** A contact sheet as PNG. */
  async sheet({
    pixels,
    shape,
    ...layout
  }: Images & { columns?: number; scale?: number }): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(contactSheet(pixels, { imageShape: shape, ...layout }));
  },

  ...digitTasks,
  ...readTasks,
  ...insideTasks,
  ...oddTasks,
  ...passageTasks,
};

/** The tasks that a page may call. */
export type ModelTasks = typeof tasks;
