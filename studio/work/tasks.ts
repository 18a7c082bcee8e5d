// What the rooms compute with a trained model, in a worker.
import { contactSheet, type ImageShape, interpolateLatents } from 'emerging-flows';
import type { Call } from './calls.ts';
import { insideTasks } from './insideTasks.ts';
import { measured } from './measured.ts';
import { type ModelAddress, modelAt } from './models.ts';
import { oddTasks } from './oddTasks.ts';
import { progressOf } from './progressOf.ts';
import { readTasks } from './readTasks.ts';

/** Images of 8 bits, one after another. */
export interface Images {
  readonly pixels: Uint8Array;
  readonly shape: ImageShape;
}

/** The tasks, by name. */
export const tasks = {
  /** Draws images as `emerging sample` does; those with values that are not finite are black. */
  async sample(
    { model: address, ...options }: { model: ModelAddress; count: number; temperature: number; seed: number },
    call: Call,
  ): Promise<Images & { readonly overflowed: readonly number[] }> {
    const model = await modelAt(address, call);
    let overflowed: readonly number[] = [];
    const pixels = await model.sample({
      ...options,
      onProgress: progressOf(call, 'Drawing', options.count),
      onOverflow: (images) => {
        overflowed = images;
      },
    });
    return { pixels, shape: model.imageShape, overflowed };
  },

  /** bits/dim of each image, as `emerging score` measures them. */
  async measure(
    { model: address, pixels }: { model: ModelAddress; pixels: Uint8Array },
    call: Call,
  ): Promise<number[]> {
    const model = await modelAt(address, call);
    return [...(await model.bitsPerDim(pixels, { ...measured, onProgress: progressOf(call, 'Measuring') }))];
  },

  /** The images between two, both included, along a straight line in latent space, as `emerging interpolate` makes them. */
  async walk(
    {
      model: address,
      ends,
      steps,
    }: { model: ModelAddress; ends: readonly [Uint8Array, Uint8Array]; steps: number },
    call: Call,
  ): Promise<Images> {
    const model = await modelAt(address, call);
    const [from, to] = [await model.encode(ends[0]), await model.encode(ends[1])];
    const between = interpolateLatents(from, to, steps);
    const pixels = await model.decode(between, { onProgress: progressOf(call, 'Walking', steps) });
    return { pixels, shape: model.imageShape };
  },

  /** Images on one sheet, as the bytes of a PNG. */
  async sheet({ pixels, shape, columns }: Images & { columns?: number }): Promise<Uint8Array<ArrayBuffer>> {
    const png = contactSheet(pixels, { imageShape: shape, ...(columns !== undefined && { columns }) });
    return new Uint8Array(png);
  },

  ...readTasks,
  ...insideTasks,
  ...oddTasks,
};

/** The tasks that a page may call. */
export type ModelTasks = typeof tasks;
