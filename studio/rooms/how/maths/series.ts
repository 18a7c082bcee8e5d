// The exponential of a single-channel convolution, term by term.

/** A zero-padded 3x3 convolution of a square image; kernel and image row by row. */
function convolved(image: readonly number[], kernel: readonly number[], size: number): number[] {
  return image.map((_, pixel) => {
    const [row, column] = [Math.floor(pixel / size), pixel % size];
    return kernel.reduce((sum, weight, tap) => {
      const [h, w] = [row + Math.floor(tap / 3) - 1, column + (tap % 3) - 1];
      return h < 0 || h >= size || w < 0 || w >= size ? sum : sum + weight * image[h * size + w]!;
    }, 0);
  });
}

/** The terms Mⁿx / n! of e^M x, from n = 0 to `last`, for the convolution M with a 3x3 kernel. */
export function exponentialTerms(
  image: readonly number[],
  kernel: readonly number[],
  size: number,
  last: number,
): number[][] {
  const terms = [[...image]];
  for (let n = 1; n <= last; n++) {
    terms.push(convolved(terms.at(-1)!, kernel, size).map((value) => value / n));
  }
  return terms;
}

/** The sum of images. */
export function sumOf(images: readonly (readonly number[])[]): number[] {
  return images[0]!.map((_, pixel) => images.reduce((sum, image) => sum + image[pixel]!, 0));
}
