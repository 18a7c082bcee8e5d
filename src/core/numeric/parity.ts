// The two halves of an image's pixels, as on a checkerboard.

/** The pixels with (row + column) mod 2 = parity. */
export type Parity = 0 | 1;

/** The other half. */
export function otherParity(parity: Parity): Parity {
  return parity === 0 ? 1 : 0;
}

/** The parity of a pixel, or of the offset between two pixels: even offsets lead to the same half. */
export function pixelParity(row: number, column: number): Parity {
  return (row + column) % 2 === 0 ? 0 : 1;
}

/** The numbers of one half of the pixels, which are numbered row by row, in increasing order. */
export function pixelsOfParity(height: number, width: number, parity: Parity): number[] {
  const pixels = Array.from({ length: height * width }, (_, pixel) => pixel);
  return pixels.filter((pixel) => pixelParity(Math.floor(pixel / width), pixel % width) === parity);
}
