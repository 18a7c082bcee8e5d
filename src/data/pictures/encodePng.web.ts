// Pictures as PNG, in browsers.
import { encode } from 'fast-png';

/** A picture with 8 bits per channel as the bytes of a PNG. */
export function encodePng(picture: {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}): Uint8Array {
  return encode({ ...picture, depth: 8 });
}
