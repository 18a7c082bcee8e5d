// The example images: digits or samples, some of them altered.
import type { Waiting } from '../../work/calls.ts';
import { compute } from '../../work/compute.ts';
import { digitsUrl, takesDigits } from '../../work/digits.ts';
import type { ModelAddress } from '../../work/models.ts';
import { alteredSet, type NamedImages } from './alteredSet.ts';

/** The number of samples. */
const SAMPLES = 6;

/** The number of digits, from the test images, which no model was trained on. */
const DIGITS = 48;

/** Example images. */
interface SetToTry extends NamedImages {
  readonly isDigits: boolean;
}

/** Digits if wanted and the model takes them, otherwise samples. */
export async function setToTry(
  model: ModelAddress,
  withDigits: boolean,
  waiting: Waiting,
): Promise<SetToTry> {
  const drawing = { model, count: SAMPLES, seed: 0, temperature: 1 };
  const samples = await compute('sample', drawing, waiting);
  if (!withDigits || !takesDigits(samples.shape)) {
    return { ...alteredSet(samples, 'sample'), isDigits: false };
  }
  const order = { url: digitsUrl(), split: 'test', from: 0, count: DIGITS } as const;
  return { ...alteredSet(await compute('digits', order, waiting), 'digit'), isDigits: true };
}
