// Images to latents and back, and whether they return.
import { phrase, UserError } from '../core/errors.ts';
import { copyInto, countDimensions, type NdArray, type Values, zeros } from '../core/numeric/index.ts';
import { createConditionRows } from './conditions.ts';
import {
  asSeen,
  type Correction,
  compareWithDecoded,
  shortChecksum,
  type Verification,
} from './corrections.ts';
import type { CodingOptions, DecodeOptions, EncodeOptions } from './flowModelOptions.ts';
import { imageBatch, toImageSet } from './givenImages.ts';
import type { ImagePrograms } from './imagePrograms.ts';
import { isDouble, type Latents } from './latentArithmetic.ts';
import {
  compileDecoder,
  compileEncoder,
  countOfLatents,
  decodeBatch,
  encodeBatch,
  largestLatent,
  sliceLatents,
  tooFarOut,
} from './latents.ts';
import { pixelsOfImage, zerosFor } from './pixels.ts';

/** The latents of images: see `FlowModel.encode`. */
export async function encodeImages(
  programs: ImagePrograms,
  images: Values,
  { class: classes, condition, precision = programs.precision, ...following }: EncodeOptions,
): Promise<NdArray[]> {
  const { model } = programs;
  const { count } = toImageSet(model, images);
  const conditionAt = createConditionRows(model, { class: classes, condition }, count);
  const latents = model.latentShapes.map((shape) => zerosFor(count, shape, precision));
  const how = { precision, ...following };
  await programs.inBatches(count, compileEncoder, how, async (program, first, end) => {
    const image = imageBatch(model, images, first, end);
    const encoded = await encodeBatch(program, { image, ...conditionAt(first, end) });
    encoded.forEach(({ data }, index) => {
      latents[index]!.data.set(data, first * countDimensions(model.latentShapes[index]!));
    });
  });
  return latents;
}

/** The images of latents before rounding to pixels: see `FlowModel.decodeValues`. */
export async function decodeValues(
  programs: ImagePrograms,
  latents: Latents,
  options: CodingOptions,
): Promise<NdArray['data']> {
  const { imageShape, latentShapes } = programs.model;
  const count = countOfLatents(latents, latentShapes);
  const { data } = zerosFor(count, imageShape, decodingPrecision(programs, latents));
  await decodeInBatches(programs, latents, { count, ...options }, (values, first) => {
    data.set(values, first * countDimensions(imageShape));
  });
  return data;
}

/** The images of latents: see `FlowModel.decode`. */
export async function decodeImages(
  programs: ImagePrograms,
  latents: Latents,
  { corrections = new Map(), onOverflow, ...options }: DecodeOptions,
): Promise<Values> {
  const { model } = programs;
  const values = await decodeValues(programs, latents, options);
  const dimensions = countDimensions(model.imageShape);
  const pixels = zeros(model.values.kind, values.length);
  const overflowed: number[] = [];
  for (let image = 0; image * dimensions < values.length; image++) {
    const imageValues = values.subarray(image * dimensions, (image + 1) * dimensions);
    const decoded = pixelsOfImage(imageValues, model, corrections.get(image));
    if (decoded !== undefined) {
      copyInto(pixels, decoded, image * dimensions);
    } else if (onOverflow) {
      overflowed.push(image);
      if (model.values.bits === undefined) {
        pixels.fill(Number.NaN, image * dimensions, (image + 1) * dimensions);
      }
    } else {
      const largest = largestLatent(latents, image);
      throw new UserError(
        'diverged',
        phrase`image ${image} cannot be decoded: ${tooFarOut(largest, isDouble(latents))}`,
      );
    }
  }
  if (overflowed.length > 0) {
    onOverflow?.(overflowed);
  }
  return pixels;
}

/** Decodes the latents of images and compares: see `FlowModel.verify`. */
export async function verifyImages(
  programs: ImagePrograms,
  images: Values,
  latents: Latents,
  options: CodingOptions,
): Promise<Verification> {
  const { imageShape, latentShapes, values: valueFormat } = programs.model;
  const { count } = toImageSet(programs.model, images);
  const encoded = countOfLatents(latents, latentShapes);
  if (encoded !== count) {
    throw new UserError('mismatch', `these latents belong to ${encoded} images, not ${count}`);
  }
  const dimensions = countDimensions(imageShape);
  const inexact: number[] = [];
  const notFinite: number[] = [];
  const corrections = new Map<number, Correction>();
  const checksums: string[] = [];
  await decodeInBatches(programs, latents, { count, ...options }, (values, first, end) => {
    for (let image = first; image < end; image++) {
      const original = images.subarray(image * dimensions, (image + 1) * dimensions);
      const decodedValues = values.subarray((image - first) * dimensions, (image - first + 1) * dimensions);
      const { exact, finite, correction } = compareWithDecoded(decodedValues, original, valueFormat);
      inexact.push(...(exact ? [] : [image]));
      notFinite.push(...(finite ? [] : [image]));
      if (correction) {
        corrections.set(image, correction);
      }
      checksums.push(shortChecksum([asSeen(original, valueFormat)]));
    }
  });
  return { inexact, notFinite, corrections, checksums };
}

/** Decodes latents batch by batch, in their own precision; `take` gets the values of images `first` to `end − 1`. */
async function decodeInBatches(
  programs: ImagePrograms,
  latents: Latents,
  { count, class: classes, condition, ...following }: CodingOptions & { readonly count: number },
  take: (values: NdArray['data'], first: number, end: number) => void,
): Promise<void> {
  const conditionAt = createConditionRows(programs.model, { class: classes, condition }, count);
  const how = { precision: decodingPrecision(programs, latents), ...following };
  await programs.inBatches(count, compileDecoder, how, async (program, first, end) => {
    take(await decodeBatch(program, sliceLatents(latents, first, end), conditionAt(first, end)), first, end);
  });
}

/** The precision for decoding latents. */
function decodingPrecision({ precision }: ImagePrograms, latents: Latents): 'float32' | 'float64' {
  return isDouble(latents) ? 'float64' : precision;
}
