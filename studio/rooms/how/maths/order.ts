// The dependencies of a single-channel autoregressive layer, and how fast its inverse settles.
import { type Offset, offsetsOf, pixelsRead } from './convolutions.ts';

/** The unmasked taps: those after the centre in pixel order, in the last convolution with the centre. */
function laterTaps(withCentre: boolean): Offset[] {
  return offsetsOf('ordinary', 3).filter(
    ([down, right]) => down > 0 || (down === 0 && (right > 0 || (withCentre && right === 0))),
  );
}

/** The pixels that a pixel's scale and shift depend on through two masked 3x3 convolutions. */
export function dependsOn(pixel: number, size: number): number[] {
  const place: Offset = [Math.floor(pixel / size), pixel % size];
  return [...pixelsRead(place, [laterTaps(false), laterTaps(true)], size, size).keys()];
}

/** The iteration of the inverse in which each pixel settles: the one after all of its dependencies, or the first. */
export function settledIn(size: number): number[] {
  const found = Array<number>(size * size).fill(0);
  for (let pixel = size * size - 1; pixel >= 0; pixel--) {
    found[pixel] = 1 + Math.max(0, ...dependsOn(pixel, size).map((other) => found[other]!));
  }
  return found;
}
