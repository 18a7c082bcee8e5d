// The MNIST digits included with the page.
import type { ImageShape } from 'emerging-flows';

/** Their dataset. */
export const DIGITS_DATASET = 'mnist';

/** The number of training digits. */
export const DIGITS_COUNT = 5000;

/** Their file, next to the page, written by `emerging datasets prepare mnist --limit 5000`. */
export const DIGITS_FILE = `${DIGITS_DATASET}-${DIGITS_COUNT}.images.gz`;

/** Authors and licence. */
export const DIGITS_AUTHORS = 'By LeCun, Cortes and Burges, CC BY-SA 3.0.';

/** The file's URL. */
export function digitsUrl(): string {
  return new URL(DIGITS_FILE, document.baseURI).href;
}

/** Whether a model with this image shape takes the digits unconverted. */
export function takesDigits([height, width, channels]: ImageShape): boolean {
  return height === 28 && width === 28 && channels === 1;
}
