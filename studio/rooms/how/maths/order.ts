// What an autoregressive layer of one channel depends on, and how its inverse settles.
import { type Offset, offsetsOf, pixelsRead } from './convolutions.ts';

/** The taps of its kernels after the centre in the order of the pixels: in the first convolution, and in the last. */
function laterTaps(withCentre: boolean): Offset[] {
  return offsetsOf('ordinary', 3).filter(
    ([down, right]) => down > 0 || (down === 0 && (right > 0 || (withCentre && right === 0))),
  );
}

/** The pixels that the scale and the shift of one are computed from, by two masked 3x3 convolutions. */
export function dependsOn(pixel: number, size: number): number[] {
  const place: Offset = [Math.floor(pixel / size), pixel % size];
  return [...pixelsRead(place, [laterTaps(false), laterTaps(true)], size, size).keys()];
}

/**
 * In which iteration of the inverse each pixel settles: in the one after the last that it depends on, and in the first if
 * it depends on none.
 */
export function settledIn(size: number): number[] {
  const found = Array<number>(size * size).fill(0);
  for (let pixel = size * size - 1; pixel >= 0; pixel--) {
    found[pixel] = 1 + Math.max(0, ...dependsOn(pixel, size).map((other) => found[other]!));
  }
  return found;
}
