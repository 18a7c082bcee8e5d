// The doctor in a page: a model of a run, examined on images.
import { type Diagnosis, diagnose } from 'emerging-flows';
import type { GivenFolder } from 'emerging-flows/data';
import type { Call } from './calls.ts';
import { type ModelAddress, modelAt } from './models.ts';
import { openPictures, type Pictures } from './pictures.ts';

/** What the page shows of a diagnosis. */
export type Examined = Pick<
  Diagnosis,
  'ok' | 'problems' | 'warnings' | 'layers' | 'reconstruction' | 'bitsPerDim'
> & {
  /** How many images it was examined on. */
  readonly images: number;
};

/** As many as take a minute with a small model; the command line takes more. */
const IMAGES = 16;

/** Examines a model on some of the validation images of these pictures; on the digits of the page if there are none. */
export async function examine(
  { model: address, folder, digits }: { model: ModelAddress; folder?: GivenFolder; digits: string },
  call: Call,
): Promise<Examined> {
  const model = await modelAt(address, call);
  const [size, , channels] = model.imageShape;
  if (channels !== 1 && channels !== 3) {
    throw new Error(`Pictures have 1 or 3 channels, and this model has ${channels}: use emerging doctor.`);
  }
  const pictures: Pictures = folder
    ? { kind: 'files', folder, size, channels }
    : { kind: 'digits', url: digits };
  const { validation, imageShape } = await openPictures(pictures, (done, total) =>
    step(call, done, 'Opening the images', total),
  );
  if (String(imageShape) !== String(model.imageShape)) {
    throw new Error(
      `These images are ${imageShape.join('x')}, and the model takes ${model.imageShape.join('x')}: choose others.`,
    );
  }
  const images = Math.min(IMAGES, validation.count);
  const { ok, problems, warnings, layers, reconstruction, bitsPerDim } = await diagnose(model, validation, {
    images,
    signal: call.signal,
    onProgress: (done) => call.report({ done, total: undefined, doing: `Examining layer ${done + 1}` }),
    onHardImages: (done, total) => call.report({ done, total, doing: 'Trying hard images' }),
  });
  return { ok, problems, warnings, layers, reconstruction, bitsPerDim, images };
}

/** Reports progress, where a call that was cancelled ends. */
function step({ signal, report }: Call, done: number, doing: string, total?: number): void {
  signal.throwIfAborted();
  report({ done, total, doing });
}
