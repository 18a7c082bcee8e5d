// Triangular maps with ones on the diagonal: lifts, which need no bits.

import type { ImageShape } from '../../../core/numeric/index.ts';
import type { CornerMap } from '../../../flows/contract/index.ts';
import { LARGEST, ONE, OutOfRange } from '../stack/fixedPoint.ts';
import type { IntegerMap } from './integerMap.ts';

/** A corner convolution with ones on the diagonal of its centre tap. */
export interface Lift extends Pick<CornerMap, 'offsets' | 'upper' | 'firstChannel'> {
  /** `[taps, G, G]`, input before output; the diagonal of the centre tap, and what is beyond it, are not read. */
  readonly kernel: ArrayLike<number>;
  /** Added to each of the G channels; missing if nothing is. */
  readonly biases?: Float64Array;
  /** G. */
  readonly channels: number;
}

/**
 * y = x + round(Σ …) for one value after the other. The sum goes over values that `forward` changes later: it reads them as
 * they are in x. `inverse` goes the other way and has restored them by then, so that both add and subtract the same whole
 * number, however it is rounded.
 */
export function liftMap(shape: ImageShape, lift: Lift): IntegerMap {
  const prepared = prepare(shape, lift);
  return {
    forward: (values) => run(values, prepared, true),
    inverse: (values) => run(values, prepared, false),
  };
}

/** Outputs that are summed at the same time: a processor would otherwise wait for every addition. */
const AT_ONCE = 4;

/** A lift in the form it is read in. */
interface PreparedLift extends Omit<Lift, 'biases'> {
  readonly shape: ImageShape;
  /** The offsets of the taps other than the centre. */
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  /** The weights of the centre, by output and input. */
  readonly centre: Float64Array;
  /** The other weights, by block of `AT_ONCE` outputs, tap, input and output. */
  readonly others: Float64Array;
  /** As activations, padded with zeros to whole blocks. */
  readonly biases: Float64Array;
  /** Whether the taps look up, or left: then `forward` begins at the bottom, or right. */
  readonly isUp: boolean;
  readonly isLeft: boolean;
}

function prepare(shape: ImageShape, lift: Lift): PreparedLift {
  const { offsets, kernel, channels, biases } = lift;
  const isCentre = ([row, column]: readonly [number, number]): boolean => row === 0 && column === 0;
  const weight = (tap: number, input: number, output: number): number =>
    output < channels ? kernel[(tap * channels + input) * channels + output]! : 0;
  const centre = offsets.findIndex(isCentre);
  const others = [...offsets.keys()].filter((tap) => !isCentre(offsets[tap]!));
  const padded = AT_ONCE * Math.ceil(channels / AT_ONCE);
  return {
    ...lift,
    shape,
    rows: Int32Array.from(others, (tap) => offsets[tap]![0]),
    columns: Int32Array.from(others, (tap) => offsets[tap]![1]),
    centre: Float64Array.from({ length: channels ** 2 }, (_, index) =>
      weight(centre, index % channels, Math.floor(index / channels)),
    ),
    others: Float64Array.from({ length: others.length * channels * padded }, (_, index) => {
      const [inBlock, remainder] = [index % AT_ONCE, Math.floor(index / AT_ONCE)];
      const [input, tapAndBlock] = [remainder % channels, Math.floor(remainder / channels)];
      const [tap, block] = [tapAndBlock % others.length, Math.floor(tapAndBlock / others.length)];
      return weight(others[tap]!, input, block * AT_ONCE + inBlock);
    }),
    biases: Float64Array.from({ length: padded }, (_, output) => (biases?.[output] ?? 0) * ONE),
    isUp: offsets.some(([row]) => row < 0),
    isLeft: offsets.some(([, column]) => column < 0),
  };
}

/** Much of the time of coding is spent here: plain loops over local typed arrays. */
function run(values: Float64Array, lift: PreparedLift, isForward: boolean): void {
  const { rows, columns, centre, others, biases, upper, isUp, isLeft, channels, firstChannel } = lift;
  const [height, width, depth] = lift.shape;
  const taps = rows.length;
  const sums = new Float64Array(biases.length);
  const starts = new Int32Array(taps);
  const sign = isForward ? 1 : -1;
  const down = isUp === isForward ? -1 : 1;
  const right = isLeft === isForward ? -1 : 1;
  const next = upper === isForward ? -1 : 1;
  const size = height * width * depth;
  for (let image = firstChannel; image < values.length; image += size) {
    for (let row = down > 0 ? 0 : height - 1; row >= 0 && row < height; row += down) {
      for (let column = right > 0 ? 0 : width - 1; column >= 0 && column < width; column += right) {
        const pixel = image + (row * width + column) * depth;
        // Where the values of the other taps are; −1 outside the image, where they are zero.
        for (let tap = 0; tap < taps; tap++) {
          const r = row + rows[tap]!;
          const c = column + columns[tap]!;
          starts[tap] = r >= 0 && r < height && c >= 0 && c < width ? image + (r * width + c) * depth : -1;
        }
        let weight = 0;
        for (let output = 0; output < channels; output += AT_ONCE) {
          let sum0 = biases[output]!;
          let sum1 = biases[output + 1]!;
          let sum2 = biases[output + 2]!;
          let sum3 = biases[output + 3]!;
          for (let tap = 0; tap < taps; tap++) {
            const start = starts[tap]!;
            if (start < 0) {
              weight += channels * AT_ONCE;
              continue;
            }
            for (let input = start; input < start + channels; input++) {
              const value = values[input]!;
              sum0 += value * others[weight]!;
              sum1 += value * others[weight + 1]!;
              sum2 += value * others[weight + 2]!;
              sum3 += value * others[weight + 3]!;
              weight += AT_ONCE;
            }
          }
          sums[output] = sum0;
          sums[output + 1] = sum1;
          sums[output + 2] = sum2;
          sums[output + 3] = sum3;
        }
        for (let output = next > 0 ? 0 : channels - 1; output >= 0 && output < channels; output += next) {
          let sum = sums[output]!;
          const rowOffset = output * channels - pixel;
          const index = pixel + output;
          const end = upper ? index : pixel + channels;
          for (let input = upper ? pixel : index + 1; input < end; input++) {
            sum += values[input]! * centre[rowOffset + input]!;
          }
          const lifted = values[index]! + sign * Math.floor(sum + 0.5);
          values[index] = lifted;
          if (!(lifted <= LARGEST && lifted >= -LARGEST)) {
            throw new OutOfRange();
          }
        }
      }
    }
  }
}
