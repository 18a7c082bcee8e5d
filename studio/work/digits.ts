// The digits of MNIST that come with the page.
import type { ImageShape } from 'emerging-flows';

/** The dataset that they are from. */
export const DIGITS_DATASET = 'mnist';

/** How many there are to train on. */
export const DIGITS_COUNT = 5000;

/** Their file, next to the page: what `emerging datasets prepare mnist --limit 5000` writes. */
export const DIGITS_FILE = `${DIGITS_DATASET}-${DIGITS_COUNT}.images.gz`;

/** Whose they are. */
export const DIGITS_AUTHORS = 'By LeCun, Cortes and Burges, CC BY-SA 3.0.';

/** Where the page finds them. */
export function digitsUrl(): string {
  return new URL(DIGITS_FILE, document.baseURI).href;
}

/** Whether a model of images of this shape takes digits as they are. */
export function takesDigits([height, width, channels]: ImageShape): boolean {
  return height === 28 && width === 28 && channels === 1;
}
