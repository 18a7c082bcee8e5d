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
  readonly pixels: Uint8Array;
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
}

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
  const image = model.toValues(pixels);
  const data = options.precision === 'float64' ? Float64Array.from(image) : image;
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
    { model: address, pixels, class: name }: Pick<CodedImage, 'model' | 'pixels' | 'class'>,
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

  /** Encodes one image, with the named class or its most probable one. */
  async encode(
    { model: address, pixels, precision, class: wanted }: CodedImage & { class: string },
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
    { model: address, pixels, precision, class: name }: CodedImage,
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
    return { pixels, shape: model.imageShape, finite };
  },
};
