// The doctor's checks in the page.
import { type Diagnosis, diagnose } from 'emerging-flows';
import type { GivenFolder } from 'emerging-flows/data';
import type { Call } from './calls.ts';
import { type ModelAddress, modelAt } from './models.ts';
import { openPictures, type Pictures } from './pictures.ts';

/** The shown part of a diagnosis. */
export interface Examined
  extends Pick<Diagnosis, 'problems' | 'warnings' | 'layers' | 'reconstruction' | 'bitsPerDim'> {
  /** The number of images used. */
  readonly images: number;
}

/** Takes about a minute with a small model; the command line uses more images. */
const IMAGES = 16;

/** Examines a model on validation images from the folder, by default on the included digits. */
export async function examine(
  { model: address, folder, digits }: { model: ModelAddress; folder?: GivenFolder; digits: string },
  call: Call,
): Promise<Examined> {
  const model = await modelAt(address, call);
  const [size, , channels] = model.imageShape;
  if (channels !== 1 && channels !== 3) {
    throw new Error(`Pictures have 1 or 3 channels, but this model has ${channels}: use emerging doctor.`);
  }
  const pictures: Pictures = folder
    ? { kind: 'files', folder, size, channels }
    : { kind: 'digits', url: digits };
  const { validation, imageShape } = await openPictures(pictures, (done, total) => {
    call.signal.throwIfAborted();
    call.report({ done, total, doing: 'Loading images' });
  });
  if (String(imageShape) !== String(model.imageShape)) {
    throw new Error(
      `These images are ${imageShape.join('x')}, but the model takes ${model.imageShape.join('x')}: choose others.`,
    );
  }
  const images = Math.min(IMAGES, validation.count);
  const { problems, warnings, layers, reconstruction, bitsPerDim } = await diagnose(model, validation, {
    images,
    signal: call.signal,
    onProgress: (done) => call.report({ done, total: undefined, doing: `Examining layer ${done + 1}` }),
    onHardImages: (done, total) => call.report({ done, total, doing: 'Testing hard images' }),
  });
  return { problems, warnings, layers, reconstruction, bitsPerDim, images };
}
