// What is inside a model: its stages, the latents of an image, and what they decode to.
import { drawActivations, type ImageShape, type NdArray, type StageDescription } from 'emerging-flows';
import type { Call } from './calls.ts';
import { codingClass } from './codingClass.ts';
import { type ModelAddress, modelAt } from './models.ts';
import type { Images } from './tasks.ts';

/** The precision of a computation. */
export type Precision = 'float32' | 'float64';

/** An image, and how it becomes latents: under its class, for a model with classes. */
export interface CodedImage {
  readonly model: ModelAddress;
  readonly pixels: Uint8Array;
  readonly precision: Precision;
  readonly class: string | undefined;
}

/** The latents of an image. */
export interface Encoded {
  readonly latents: NdArray[];
  /** The class under which they are; undefined for a model without classes. */
  readonly class: string | undefined;
  /** Those of the model. */
  readonly classes: readonly string[];
}

/** A stage with what it makes of an image, as pictures. */
export interface StagePictures extends StageDescription {
  /** What it passes on. */
  readonly output?: Images;
  /** The latents that it factors out. */
  readonly latent?: Images;
}

/** Whether an image returned from its latents. */
export interface RoundTrip {
  /** The image as the model sees it: at its bit depth. */
  readonly seen: Images;
  /** What its latents decode to; undefined if values are not finite. */
  readonly decoded: Images | undefined;
  /** Whether decoding with corrections returns every pixel. */
  readonly corrected: boolean;
}

/** What decoding brings. */
export interface Decoded extends Images {
  /** Whether all values are finite; else the image is black. */
  readonly finite: boolean;
}

/** The tasks, by name. */
export const insideTasks = {
  /** The stages of one image, as pictures. */
  async stages(
    { model: address, pixels, precision, class: name }: CodedImage,
    call: Call,
  ): Promise<StagePictures[]> {
    const model = await modelAt(address, call);
    const { imageShape } = model;
    const drawn = (values: NdArray): Images => {
      const { pixels, imageShape: shape } = drawActivations(values, { imageShape });
      return { pixels, shape };
    };
    const stages = await model.stageImages(pixels, { precision, class: name, signal: call.signal });
    return stages.map(({ output, latent, ...stage }) => ({
      ...stage,
      ...(output && { output: drawn(output) }),
      ...(latent && { latent: drawn(latent) }),
    }));
  },

  /** The latents of one image, under the class that is named or else its most probable one. */
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

  /** Encodes one image, decodes it and compares. */
  async roundTrip(
    { model: address, pixels, precision, class: name }: CodedImage,
    call: Call,
  ): Promise<RoundTrip> {
    const model = await modelAt(address, call);
    const shape: ImageShape = model.imageShape;
    const given = { class: name, signal: call.signal };
    const latents = await model.encode(pixels, { precision, ...given });
    const values = await model.decodeValues(latents, given);
    const { corrections } = await model.verify(pixels, latents, given);
    const returned = await model.decode(latents, { corrections, ...given });
    const seen = model.pixelsOf(Float64Array.from(pixels, (level) => (level + 0.5) / 256 - 0.5));
    return {
      seen: { pixels: seen, shape },
      decoded: values.every(Number.isFinite) ? { pixels: model.pixelsOf(values), shape } : undefined,
      corrected: returned.every((level, index) => level === seen[index]),
    };
  },

  /** The image of latents. */
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
    const pixels = finite ? model.pixelsOf(values) : new Uint8Array(values.length);
    return { pixels, shape: model.imageShape, finite };
  },
};
