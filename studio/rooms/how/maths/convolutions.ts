// Convolutions for the figures: receptive fields, and their matrices.
import { normals } from './random.ts';

/** A tap's distance from the kernel's centre. */
export type Offset = readonly [down: number, right: number];

/** An ordinary convolution, or a corner of an emerging one. */
export type Kind = 'ordinary' | 'first' | 'second';

/** A kernel: the taps' offsets, and their weights from every input channel to every output channel. */
export interface Kernel {
  readonly kind: Kind;
  readonly offsets: readonly Offset[];
  /** `[tap][input][output]`. */
  readonly weights: readonly (readonly (readonly number[])[])[];
}

/** The offsets of the unmasked taps, row by row as in the library. */
export function kernelOffsets(kind: Kind, kernelSize: number, dilation = 1): Offset[] {
  const reach = (kernelSize - 1) / 2;
  const least = kind === 'first' ? 0 : -reach;
  const greatest = kind === 'second' ? 0 : reach;
  const distances = Array.from({ length: greatest - least + 1 }, (_, index) => (least + index) * dilation);
  return distances.flatMap((down) => distances.map((right): Offset => [down, right]));
}

/** The input pixels that an output pixel depends on, row by row, each with its number of paths. */
export function pixelsRead(
  [row, column]: Offset,
  steps: readonly (readonly Offset[])[],
  height: number,
  width: number,
): Map<number, number> {
  let read = new Map([[row * width + column, 1]]);
  // From the output back to the input: the last convolution first.
  for (const offsets of [...steps].reverse()) {
    const before = new Map<number, number>();
    for (const [pixel, ways] of read) {
      for (const [down, right] of offsets) {
        const [h, w] = [Math.floor(pixel / width) + down, (pixel % width) + right];
        if (h >= 0 && h < height && w >= 0 && w < width) {
          before.set(h * width + w, (before.get(h * width + w) ?? 0) + ways);
        }
      }
    }
    read = before;
  }
  return new Map([...read].sort(([a], [b]) => a - b));
}

/** A kernel with random weights; the diagonal of the centre tap is about `centre`. */
export function createKernel(kind: Kind, channels: number, centre: number, seed: number): Kernel {
  const draw = normals(seed);
  // Draw all nine, so that corners and the ordinary kernel share weights.
  const taps = new Map(
    kernelOffsets('ordinary', 3).map((offset) => [
      String(offset),
      Array.from({ length: channels }, () => Array.from({ length: channels }, () => 0.35 * draw())),
    ]),
  );
  const offsets = kernelOffsets(kind, 3);
  const weights = offsets.map((offset) =>
    taps.get(String(offset))!.map((row, input) =>
      row.map((weight, output) => {
        if (!isCentre(offset)) {
          return weight;
        }
        // The mask at the centre orders the channels.
        const allowed = { ordinary: true, first: input <= output, second: input >= output }[kind];
        return input === output ? centre * (1 + 0.2 * weight) : allowed ? weight : 0;
      }),
    ),
  );
  return { kind, offsets, weights };
}

/** Whether an offset is the centre's. */
export function isCentre([down, right]: Offset): boolean {
  return down === 0 && right === 0;
}

/** A nonzero entry of a convolution's matrix. */
export interface Entry {
  /** The output value. */
  readonly row: number;
  /** The input value. */
  readonly column: number;
  readonly offset: Offset;
  readonly value: number;
}

/**
 * The matrix of a convolution with zero padding, y = M·x. Values are ordered by row, column, and decreasing channel,
 * which makes both corners triangular.
 */
export function convolutionMatrix({ offsets, weights }: Kernel, height: number, width: number): Entry[] {
  const channels = weights[0]!.length;
  const valueIndex = (h: number, w: number, channel: number): number =>
    (h * width + w) * channels + channels - 1 - channel;
  const entries: Entry[] = [];
  for (let pixel = 0; pixel < height * width; pixel++) {
    const [h, w] = [Math.floor(pixel / width), pixel % width];
    offsets.forEach((offset, tap) => {
      const [row, column] = [h + offset[0], w + offset[1]];
      if (row < 0 || row >= height || column < 0 || column >= width) {
        return;
      }
      weights[tap]!.forEach((outputs, input) => {
        outputs.forEach((value, output) => {
          if (value !== 0) {
            entries.push({
              row: valueIndex(h, w, output),
              column: valueIndex(row, column, input),
              offset,
              value,
            });
          }
        });
      });
    });
  }
  return entries;
}

/** The sum of ln|diagonal|: ln|det| of a triangular matrix. */
export function logDiagonal(entries: readonly Entry[]): number {
  const diagonal = entries.filter(({ row, column }) => row === column);
  return diagonal.reduce((sum, { value }) => sum + Math.log(Math.abs(value)), 0);
}

/** The entries as a dense matrix. */
export function toDense(entries: readonly Entry[], size: number): number[][] {
  const dense = Array.from({ length: size }, () => Array<number>(size).fill(0));
  for (const { row, column, value } of entries) {
    dense[row]![column]! += value;
  }
  return dense;
}
