// Periodic convolutions in the frequency domain: one complex matrix over the channels per frequency.

/** A complex matrix. */
export interface ComplexMatrix {
  readonly re: readonly (readonly number[])[];
  readonly im: readonly (readonly number[])[];
}

/** An image by pixel, or its spectrum by frequency: real and imaginary parts, `[place][channel]`. */
export interface ComplexImage {
  readonly re: readonly (readonly number[])[];
  readonly im: readonly (readonly number[])[];
}

/** A k x k kernel, `[tap][input][output]`, its taps row by row. */
export type PeriodicKernel = readonly (readonly (readonly number[])[])[];

/** The phase of frequency (u, v) at a pixel of a square image. */
function phase(size: number, frequency: number, row: number, column: number): number {
  const [u, v] = [Math.floor(frequency / size), frequency % size];
  return (2 * Math.PI * (((u * row) % size) + ((v * column) % size))) / size;
}

/** The circular convolution of a `size` x `size` image, `[pixel][channel]`. */
export function wrappedConvolution(
  x: readonly (readonly number[])[],
  kernel: PeriodicKernel,
  size: number,
): number[][] {
  const offsets = periodicOffsets(kernel);
  const wrap = (index: number): number => ((index % size) + size) % size;
  return x.map((pixelValues, pixel) =>
    pixelValues.map((_, output) =>
      offsets.reduce((sum, [down, right], tap) => {
        const neighbour = x[wrap(Math.floor(pixel / size) + down) * size + wrap((pixel % size) + right)]!;
        return (
          sum + neighbour.reduce((part, value, input) => part + value * kernel[tap]![input]![output]!, 0)
        );
      }, 0),
    ),
  );
}

function periodicOffsets(kernel: PeriodicKernel): [number, number][] {
  const side = Math.sqrt(kernel.length);
  const reach = (side - 1) / 2;
  return kernel.map((_, tap) => [Math.floor(tap / side) - reach, (tap % side) - reach]);
}

/** The matrix of each frequency of a `size` x `size` image: Σₜ Kₜ·e^iφ. */
export function frequencyMatrices(kernel: PeriodicKernel, size: number): ComplexMatrix[] {
  const offsets = periodicOffsets(kernel);
  const channels = kernel[0]!.length;
  const part = (frequency: number, wave: (phase: number) => number): number[][] => {
    const weights = offsets.map(([row, column]) => wave(phase(size, frequency, row, column)));
    return Array.from({ length: channels }, (_, input) =>
      Array.from({ length: channels }, (__, output) =>
        weights.reduce((sum, weight, tap) => sum + weight * kernel[tap]![input]![output]!, 0),
      ),
    );
  };
  return Array.from({ length: size * size }, (_, frequency) => ({
    re: part(frequency, Math.cos),
    im: part(frequency, Math.sin),
  }));
}

/** The inverse of a complex matrix and its ln|det|, by Gauss–Jordan elimination. */
export function invertComplex({ re, im }: ComplexMatrix): ComplexMatrix & { readonly logAbsDet: number } {
  const size = re.length;
  const identity = (row: number, column: number): number => (row === column ? 1 : 0);
  // Each element is [re, im]; the right half becomes the inverse.
  const rows = re.map((values, row) => [
    ...values.map((value, column): [number, number] => [value, im[row]![column]!]),
    ...values.map((_, column): [number, number] => [identity(row, column), 0]),
  ]);
  let logAbsDet = 0;
  for (let k = 0; k < size; k++) {
    const rowLength = (row: number): number => Math.hypot(...rows[row]![k]!);
    let best = k;
    for (let row = k + 1; row < size; row++) {
      best = rowLength(row) > rowLength(best) ? row : best;
    }
    [rows[k], rows[best]] = [rows[best]!, rows[k]!];
    const [a, b] = rows[k]![k]!;
    const square = a * a + b * b;
    logAbsDet += Math.log(square) / 2;
    const pivot = rows[k]!.map((value) => times(value, [a / square, -b / square]));
    rows[k] = pivot;
    for (let row = 0; row < size; row++) {
      if (row !== k) {
        const factor = rows[row]![k]!;
        rows[row] = rows[row]!.map(([c, d], column) => {
          const [e, f] = times(factor, pivot[column]!);
          return [c - e, d - f];
        });
      }
    }
  }
  const part = (complexPart: 0 | 1): number[][] =>
    rows.map((row) => row.slice(size).map((value) => value[complexPart]));
  return { re: part(0), im: part(1), logAbsDet };
}

function times([a, b]: readonly [number, number], [c, d]: readonly [number, number]): [number, number] {
  return [a * c - b * d, a * d + b * c];
}

/** The discrete Fourier transform of an image. */
export function toFrequencies(x: readonly (readonly number[])[], size: number): ComplexImage {
  const part = (wave: (phase: number) => number): number[][] =>
    x.map((frequencyValues, frequency) => {
      const waves = x.map((_, pixel) => wave(phase(size, frequency, Math.floor(pixel / size), pixel % size)));
      return frequencyValues.map((_, channel) =>
        x.reduce((sum, value, pixel) => sum + value[channel]! * waves[pixel]!, 0),
      );
    });
  return { re: part(Math.cos), im: part((angle) => -Math.sin(angle)) };
}

/** The image of some frequencies; all of them recover the original. */
export function fromFrequencies({ re, im }: ComplexImage, size: number, some: readonly number[]): number[][] {
  const area = size * size;
  return re.map((pixelValues, pixel) => {
    const sums = pixelValues.map(() => 0);
    for (const frequency of some) {
      const angle = phase(size, frequency, Math.floor(pixel / size), pixel % size);
      const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
      for (let channel = 0; channel < sums.length; channel++) {
        sums[channel]! += (re[frequency]![channel]! * cosine - im[frequency]![channel]! * sine) / area;
      }
    }
    return sums;
  });
}

/** Multiplies each frequency by its matrix: row times matrix, as in the library. */
export function applyMatrices({ re, im }: ComplexImage, matrices: readonly ComplexMatrix[]): ComplexImage {
  const products = matrices.map((matrix, frequency) =>
    re[frequency]!.map((_, output) =>
      re[frequency]!.reduce<[number, number]>(
        ([a, b], value, input) => {
          const element = [matrix.re[input]![output]!, matrix.im[input]![output]!] as const;
          const [c, d] = times([value, im[frequency]![input]!], element);
          return [a + c, b + d];
        },
        [0, 0],
      ),
    ),
  );
  const part = (complexPart: 0 | 1): number[][] =>
    products.map((row) => row.map((value) => value[complexPart]));
  return { re: part(0), im: part(1) };
}

/** Groups of conjugate frequencies, which together make real images, from low to high. */
export function conjugateGroups(size: number): number[][] {
  const groups: number[][] = [];
  for (let frequency = 0; frequency < size * size; frequency++) {
    const [u, v] = [Math.floor(frequency / size), frequency % size];
    const mirror = ((size - u) % size) * size + ((size - v) % size);
    if (frequency <= mirror) {
      groups.push(frequency === mirror ? [frequency] : [frequency, mirror]);
    }
  }
  const height = (frequency: number): number =>
    Math.hypot(signed(Math.floor(frequency / size), size), signed(frequency % size, size));
  return groups.sort(([a], [b]) => height(a!) - height(b!));
}

/** A frequency as a signed number: those above half the size are negative. */
export function signed(frequency: number, size: number): number {
  return frequency > size / 2 ? frequency - size : frequency;
}
