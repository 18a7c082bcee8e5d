// Images to try compression with: digits if the model takes them, otherwise its samples.
import type { ImageShape } from 'emerging-flows';
import type { Waiting } from '../../work/calls.ts';
import type { CodecSource } from '../../work/codecSource.ts';
import { compute } from '../../work/compute.ts';
import { digitsUrl, takesDigits } from '../../work/digits.ts';
import type { ModelAddress } from '../../work/models.ts';

/** The numbers of digits and of samples. */
const [DIGITS, SAMPLES] = [500, 64];

/** What the button says. */
export function trialText(shape: ImageShape): string {
  return takesDigits(shape) ? `Try ${DIGITS} digits` : `Try ${SAMPLES} samples`;
}

/** The images: digits are test images, which no model was trained on. */
export async function setToCompress(
  model: ModelAddress,
  shape: ImageShape,
  waiting: Waiting,
): Promise<CodecSource> {
  const isDigits = takesDigits(shape);
  const { pixels } = isDigits
    ? await compute('digits', { url: digitsUrl(), split: 'test', from: 0, count: DIGITS }, waiting)
    : await compute('sample', { model, count: SAMPLES, seed: 0, temperature: 1 }, waiting);
  const count = pixels.length / (shape[0] * shape[1] * shape[2]);
  const names = Array.from(
    { length: count },
    (_, index) => `${isDigits ? 'digit' : 'sample'}-${String(index).padStart(5, '0')}.png`,
  );
  return { kind: 'images', names, pixels, shape };
}
