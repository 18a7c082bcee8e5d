// Tasks of the room Inside: stages and their arithmetic, bits, encoding, decoding, round trips.

import type { FlowModel, ImageShape, NdArray, StageDescription } from 'emerging-flows';
import { drawActivations } from 'emerging-flows/pictures';
import type { Precision } from './arithmetic.ts';
import { type Line, type Place, type StageArithmetic, stageArithmetic } from './arithmetic.ts';
import { type Call, turns } from './calls.ts';
import { measured } from './constants.ts';
import type { Images } from './models.ts';
import { codingClass, eightBit, type ModelAddress, modelAt } from './models.ts';

/** An image and how to encode it. */
export interface CodedImage {
  readonly model: ModelAddress;
  /** Its pixels, or the values that a decoder computed. */
  readonly pixels: Uint8Array | NdArray['data'];
  readonly precision: Precision;
  readonly class: string | undefined;
}

/** The latents of an image. */
export interface Encoded {
  readonly latents: NdArray[];
  /** The class used; undefined for models without classes. */
  readonly class: string | undefined;
  /** The model's classes. */
  readonly classes: readonly string[];
}

/** What a stage makes of an image: its latents if it has any, otherwise what it passes on. */
export interface StagePicture extends StageDescription {
  readonly values: NdArray;
  readonly picture: Images;
  /** The values that are black and white in the picture. */
  readonly range: readonly [low: number, high: number];
}

/** The result of encoding and decoding an image. */
export interface RoundTrip {
  /** The image at the model's bit depth. */
  readonly seen: Images;
  /** The decoded image; undefined if values aren't finite. */
  readonly decoded: Images | undefined;
  /** Whether decoding with corrections recovers every pixel. */
  readonly corrected: boolean;
}

/** A decoded image. */
export interface Decoded extends Images {
  /** Whether all values are finite; otherwise the image is black. */
  readonly finite: boolean;
  /** Its values before they are rounded to pixels. */
  readonly values: NdArray['data'];
}

/** A pixel or a latent that a reader points at, by its index. */
export type Touched =
  | { readonly kind: 'pixel'; readonly index: number }
  | { readonly kind: 'latent'; readonly level: number; readonly index: number };

/** What changes with a pixel or a latent: every array has values from 0 to 1, where 1 is the largest change in it. */
export interface Reach {
  /** Of each pixel of the image. */
  readonly pixels: Float32Array;
  /** Of each value that a stage shows, and the same as a picture with grey for 0 and white for 1. */
  readonly stages: readonly { readonly changes: Float32Array; readonly picture: Images }[];
  /** Of the latents of each level. */
  readonly levels: readonly Float32Array[];
}

/** How far a touched value moves: a pixel by 16 of 256 grey levels, towards the middle, and a latent by a standard deviation. */
const [PIXEL_MOVE, LATENT_MOVE] = [16 / 256, 1];

/** The stage whose arithmetic was asked for last. */
let compiled: { readonly key: string; readonly arithmetic: StageArithmetic } | undefined;
const inTurn = turns();

/** The input of a stage for an image, each pixel in the middle of its interval. */
async function stageInput(
  model: FlowModel,
  stage: number,
  { pixels, ...options }: Omit<CodedImage, 'model'> & { readonly signal: AbortSignal },
): Promise<NdArray> {
  const outputs = (await model.stageImages(pixels, options)).slice(0, stage);
  const image = pixels instanceof Uint8Array ? model.toValues(pixels) : pixels;
  const data = options.precision === 'float64' ? Float64Array.from(image) : Float32Array.from(image);
  return outputs.findLast(({ output }) => output)?.output ?? { shape: [1, ...model.imageShape], data };
}

/** The tasks, by name. */
export const insideTasks = {
  /** What every stage makes of one image, as values and pictures. */
  async stages(
    { model: address, pixels, precision, class: name }: CodedImage,
    call: Call,
  ): Promise<StagePicture[]> {
    const model = await modelAt(address, call);
    const { imageShape } = model;
    const stages = await model.stageImages(pixels, { precision, class: name, signal: call.signal });
    return stages.map(({ output, latent, ...stage }) => {
      const values = latent ?? output!;
      const { pixels, imageShape: shape, range } = drawActivations(values, { imageShape });
      return { ...stage, values, picture: { pixels, shape }, range };
    });
  },

  /**
   * The bits of one image: those before the first stage, then what each stage adds. Their sum is −log2 p of the image, given
   * the class if there is one, as `emerging score` measures it.
   */
  async bits(
    {
      model: address,
      pixels,
      class: name,
    }: Pick<CodedImage, 'model' | 'class'> & { readonly pixels: Uint8Array },
    call: Call,
  ): Promise<number[]> {
    const model = await modelAt(address, call);
    const { data } = await model.stageBits(pixels, { ...measured, class: name, signal: call.signal });
    return [...data];
  },

  /** What a stage computes at one value of one image. */
  async arithmetic(
    {
      stage,
      place: location,
      ...image
    }: CodedImage & {
      /** The number of the stage. */
      readonly stage: number;
      readonly place: Place;
    },
    call: Call,
  ): Promise<Line[]> {
    const { model: address, pixels, precision, class: name } = image;
    const model = await modelAt(address, call);
    const x = await stageInput(model, stage, { pixels, precision, class: name, signal: call.signal });
    return inTurn(async () => {
      call.signal.throwIfAborted();
      const key = JSON.stringify([address, stage, precision, name]);
      if (compiled?.key !== key) {
        await compiled?.arithmetic.release();
        compiled = undefined;
        compiled = { key, arithmetic: await stageArithmetic(model, stage, { precision, class: name }) };
      }
      return compiled.arithmetic.linesAt(x, location);
    });
  },

  /** What changes when one pixel of an image, or one of its latents, is moved. */
  async reach(
    {
      model: address,
      pixels,
      latents,
      touched,
      class: name,
    }: Omit<CodedImage, 'precision'> & { readonly latents: readonly NdArray[]; readonly touched: Touched },
    call: Call,
  ): Promise<Reach> {
    const model = await modelAt(address, call);
    const { imageShape } = model;
    const options = { class: name, signal: call.signal };
    const pair =
      touched.kind === 'pixel'
        ? withMovedPixel(
            pixels instanceof Uint8Array ? model.toValues(pixels) : Float32Array.from(pixels),
            touched.index,
            imageShape[2],
          )
        : Float32Array.from(await model.decodeValues(withMovedLatent(latents, touched), options));
    const stages = await model.stageImages(pair, options);
    const reached = stages.map(({ output, latent }) => changesBetween((latent ?? output!).data));
    const byValue = changesBetween(pair);
    return {
      pixels: Float32Array.from({ length: imageShape[0] * imageShape[1] }, (_, pixel) =>
        Math.max(...byValue.subarray(pixel * imageShape[2], (pixel + 1) * imageShape[2])),
      ),
      stages: stages.map(({ output, latent }, index) => {
        const changes = reached[index]!;
        const shape = [1, ...(latent ?? output!).shape.slice(1)];
        const drawn = drawActivations({ shape, data: changes }, { imageShape, range: [-1, 1] });
        return { changes, picture: { pixels: drawn.pixels, shape: drawn.imageShape } };
      }),
      levels: reached.filter((_, index) => stages[index]!.latent !== undefined),
    };
  },

  /** Encodes one image, with the named class or its most probable one. */
  async encode(
    {
      model: address,
      pixels,
      precision,
      class: wanted,
    }: CodedImage & { readonly pixels: Uint8Array; class: string },
    call: Call,
  ): Promise<Encoded> {
    const model = await modelAt(address, call);
    const name = await codingClass(model, pixels, wanted, call);
    return {
      latents: await model.encode(pixels, { precision, class: name, signal: call.signal }),
      class: name,
      classes: model.classes,
    };
  },

  /** The latents of one image, drawn from the priors. */
  async drawLatents(
    { model: address, seed }: { readonly model: ModelAddress; readonly seed: number },
    call: Call,
  ): Promise<NdArray[]> {
    return (await modelAt(address, call)).drawLatents({ count: 1, seed });
  },

  /** Encodes and decodes one image, and compares. */
  async roundTrip(
    { model: address, pixels, precision, class: name }: CodedImage & { readonly pixels: Uint8Array },
    call: Call,
  ): Promise<RoundTrip> {
    const model = await modelAt(address, call);
    const shape: ImageShape = model.imageShape;
    const options = { class: name, signal: call.signal };
    const latents = await model.encode(pixels, { precision, ...options });
    const values = await model.decodeValues(latents, options);
    const { corrections } = await model.verify(pixels, latents, options);
    const returned = await model.decode(latents, { corrections, ...options });
    const seen = eightBit(model.toPixels(Float64Array.from(pixels, (level) => (level + 0.5) / 256 - 0.5)));
    return {
      seen: { pixels: seen, shape },
      decoded: values.every(Number.isFinite)
        ? { pixels: eightBit(model.toPixels(values)), shape }
        : undefined,
      corrected: returned.every((level, index) => level === seen[index]),
    };
  },

  /** Decodes latents. */
  async decode(
    {
      model: address,
      latents,
      class: name,
    }: { model: ModelAddress; latents: readonly NdArray[]; class: string | undefined },
    call: Call,
  ): Promise<Decoded> {
    const model = await modelAt(address, call);
    const values = await model.decodeValues(latents, { class: name, signal: call.signal });
    const finite = values.every(Number.isFinite);
    const pixels = finite ? eightBit(model.toPixels(values)) : new Uint8Array(values.length);
    return { pixels, shape: model.imageShape, finite, values };
  },
};

/** The image, and a copy in which all channels of a pixel are moved towards the middle. */
function withMovedPixel(values: Float32Array, pixel: number, channels: number): Float32Array {
  const pair = new Float32Array(2 * values.length);
  pair.set(values);
  pair.set(values, values.length);
  for (let index = pixel * channels; index < (pixel + 1) * channels; index++) {
    pair[values.length + index]! += values[index]! > 0 ? -PIXEL_MOVE : PIXEL_MOVE;
  }
  return pair;
}

/** The latents, and a copy in which one is moved. */
function withMovedLatent(
  latents: readonly NdArray[],
  touched: Touched & { readonly kind: 'latent' },
): NdArray[] {
  return latents.map(({ shape, data }, level) => {
    const pair = new Float32Array(2 * data.length);
    pair.set(data);
    pair.set(data, data.length);
    if (level === touched.level) {
      pair[data.length + touched.index]! += LATENT_MOVE;
    }
    return { shape: [2, ...shape.slice(1)], data: pair };
  });
}

/** Smaller changes may be rounding: they are shown as small even if they are the largest. */
const NOTICEABLE = 0.01;

/** The differences between the halves of an array, relative to the largest. */
function changesBetween(pair: ArrayLike<number>): Float32Array {
  const half = pair.length / 2;
  const changes = Float32Array.from({ length: half }, (_, index) => {
    const change = Math.abs(pair[half + index]! - pair[index]!);
    return Number.isFinite(change) ? change : 0;
  });
  const largest = changes.reduce((greatest, change) => Math.max(greatest, change), NOTICEABLE);
  return changes.map((change) => change / largest);
}
