// The inverse of a corner convolution by anti-diagonals, as in the library.

/** The pixels of the H + W − 1 anti-diagonals of an image, each from top to bottom. */
export function listDiagonals(height: number, width: number): number[][] {
  return Array.from({ length: height + width - 1 }, (_, t) => {
    const first = Math.max(0, t - width + 1);
    const last = Math.min(height - 1, t);
    return Array.from({ length: last - first + 1 }, (__, index) => (first + index) * (width - 1) + t);
  });
}

/** The number of anti-diagonals that depend on others: all but the first d (the dilation), whose neighbours are outside. */
export function waitingDiagonals(
  height: number,
  width: number,
  kernelSize: number,
  dilation: number,
): number {
  const alone = kernelSize === 1 || dilation >= Math.max(height, width);
  return alone ? 0 : height + width - 1 - dilation;
}

/** The pixels above and to the left that a pixel depends on, through taps other than the centre. */
export function listNeighbours(pixel: number, width: number, side: number, dilation: number): number[] {
  const [row, column] = [Math.floor(pixel / width), pixel % width];
  const neighbours: number[] = [];
  for (let tap = 1; tap < side * side; tap++) {
    const h = row - Math.floor(tap / side) * dilation;
    const w = column - (tap % side) * dilation;
    if (h >= 0 && w >= 0) {
      neighbours.push(h * width + w);
    }
  }
  return neighbours;
}

/** y[h, w] = Σ x[h − i·d, w − j·d]·kernel[i, j], one channel; the kernel row by row, its centre first. */
export function cornerConvolution(
  x: readonly number[],
  width: number,
  kernel: readonly number[],
  dilation: number,
): number[] {
  return x.map((value, pixel) => value * kernel[0]! + fromNeighbours(x, pixel, width, kernel, dilation));
}

/** Inverts `cornerConvolution` by anti-diagonals. */
export function solveByDiagonals(
  y: readonly number[],
  width: number,
  kernel: readonly number[],
  dilation: number,
): number[] {
  const x = Array<number>(y.length).fill(Number.NaN);
  for (const pixels of listDiagonals(y.length / width, width)) {
    for (const pixel of pixels) {
      x[pixel] = (y[pixel]! - fromNeighbours(x, pixel, width, kernel, dilation)) / kernel[0]!;
    }
  }
  return x;
}

function fromNeighbours(
  x: readonly number[],
  pixel: number,
  width: number,
  kernel: readonly number[],
  dilation: number,
): number {
  const side = Math.sqrt(kernel.length);
  const [row, column] = [Math.floor(pixel / width), pixel % width];
  return kernel.reduce((sum, weight, tap) => {
    const h = row - Math.floor(tap / side) * dilation;
    const w = column - (tap % side) * dilation;
    return tap > 0 && h >= 0 && w >= 0 ? sum + weight * x[h * width + w]! : sum;
  }, 0);
}
