// Tasks of the room Inside: stages, encoding, decoding, round trips.
import { drawActivations, type ImageShape, type NdArray, type StageDescription } from 'emerging-flows';
import type { Call } from './calls.ts';
import { codingClass } from './codingClass.ts';
import { eightBit } from './eightBit.ts';
import { type ModelAddress, modelAt } from './models.ts';
import type { Images } from './tasks.ts';

/** The precision of a computation. */
export type Precision = 'float32' | 'float64';

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

/** A stage with its outputs for an image, as pictures. */
export interface StagePictures extends StageDescription {
  /** The values passed on. */
  readonly output?: Images;
  /** The latents split off. */
  readonly latent?: Images;
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

/** The tasks, by name. */
export const insideTasks = {
  /** The stages' outputs for one image, as pictures. */
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

  /** Encodes and decodes one image, and compares. */
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
    const seen = eightBit(model.pixelsOf(Float64Array.from(pixels, (level) => (level + 0.5) / 256 - 0.5)));
    return {
      seen: { pixels: seen, shape },
      decoded: values.every(Number.isFinite)
        ? { pixels: eightBit(model.pixelsOf(values)), shape }
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
    const pixels = finite ? eightBit(model.pixelsOf(values)) : new Uint8Array(values.length);
    return { pixels, shape: model.imageShape, finite };
  },
};
