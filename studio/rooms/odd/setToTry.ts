// The images that are measured before any are given: samples and altered ones, or digits.
import type { Waiting } from '../../work/calls.ts';
import { compute } from '../../work/compute.ts';
import { digitsUrl, takesDigits } from '../../work/digits.ts';
import type { ModelAddress } from '../../work/models.ts';
import { alteredSet, type NamedImages } from './alteredSet.ts';

/** The samples, before some of them are altered. */
const SAMPLES = 6;

/** The digits: of the test images, which no model was trained on. */
const DIGITS = 48;

/** A set to try. */
interface SetToTry extends NamedImages {
  readonly isDigits: boolean;
}

/** Digits if they are wanted and the model takes them, else samples and altered ones. */
export async function setToTry(
  model: ModelAddress,
  withDigits: boolean,
  waiting: Waiting,
): Promise<SetToTry> {
  const drawing = { model, count: SAMPLES, seed: 0, temperature: 1 };
  const samples = await compute('sample', drawing, waiting);
  if (!withDigits || !takesDigits(samples.shape)) {
    return { ...alteredSet(samples, SAMPLES), isDigits: false };
  }
  const order = { url: digitsUrl(), split: 'test', from: 0, count: DIGITS } as const;
  const digits = await compute('digits', order, waiting);
  const names = Array.from({ length: DIGITS }, (_, index) => `test digit no. ${index + 1}`);
  return { ...digits, names, isDigits: true };
}
