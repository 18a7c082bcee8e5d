// The model in a compressed file: with weights as precise as pays for the images of the file.
import { countDimensions } from '../../core/numeric/index.ts';
import { evenlySpread, imagesInMemory, subset } from '../../data/contract/index.ts';
import { exponentsFor, roundedModel, type TrainedModel, weightSensitivities } from '../../model/index.ts';
import { weightsBytes } from '../../model/loading/index.ts';
import { reproducibleDevice } from '../../tensor/engine/index.ts';
import type { EmbeddedModel } from './file/header.ts';

/** The model of a compressed file. */
export interface FileModel {
  /** The model that codes the images. */
  readonly trained: TrainedModel;
  /** The same as stored in the file; undefined if it has to be named. */
  readonly embedded?: EmbeddedModel | undefined;
}

/** Images whose derivatives are measured: more don't shorten files measurably. */
const MEASURED = 16;

/**
 * A model rounded for a file of images: each weight in as many bits as make the model and the images shortest together.
 *
 * @param pixels some of the images, as the model takes them
 * @param units how many images, or tiles, the file is expected to have
 */
export async function roundedForFile(
  trained: TrainedModel,
  pixels: Uint8Array,
  { units, signal }: { readonly units: number; readonly signal?: AbortSignal | undefined },
): Promise<FileModel> {
  const { imageShape } = trained.model;
  const count = pixels.length / countDimensions(imageShape);
  const sample = subset(imagesInMemory(pixels, imageShape), evenlySpread(Math.min(MEASURED, count), count));
  // On the device that rounds the same everywhere, so that every machine writes the same file.
  const sensitivities = await weightSensitivities(trained, sample, { device: reproducibleDevice, signal });
  const exponents = exponentsFor(trained, sensitivities, units);
  return {
    trained: roundedModel(trained, exponents),
    embedded: { bytes: weightsBytes(trained, exponents), exponents },
  };
}
