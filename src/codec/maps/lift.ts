// Triangular maps with ones on the diagonal: lifts, which need no bits.
import type { CornerMap } from '../../flows/contract/elementaryMaps.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { requireInRange } from '../stack/fixedPoint.ts';
import type { IntegerMap } from './integerMap.ts';

/** A corner convolution with ones on the diagonal of its centre tap. */
export interface Lift extends Pick<CornerMap, 'offsets' | 'upper' | 'firstChannel'> {
  /** `[taps, G, G]`, input before output; the diagonal of the centre tap, and what is beyond it, are not read. */
  readonly kernel: ArrayLike<number>;
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

/** A lift in the form in which it is read. */
interface PreparedLift extends Lift {
  readonly shape: ImageShape;
  /** The offsets of the taps other than the centre, in numbers of values. */
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  /** The weights of the centre by output and input, and of the other taps by output, tap and input. */
  readonly centre: Float64Array;
  readonly others: Float64Array;
  /** Whether the taps look up, or left: then `forward` begins at the bottom, or right. */
  readonly isUp: boolean;
  readonly isLeft: boolean;
}

function prepare(shape: ImageShape, lift: Lift): PreparedLift {
  const { offsets, kernel, channels } = lift;
  const taps = [...offsets.keys()];
  const isCentre = (tap: number): boolean => offsets[tap]!.every((offset) => offset === 0);
  const weightsOf = (chosen: readonly number[]): Float64Array =>
    Float64Array.from({ length: chosen.length * channels ** 2 }, (_, index) => {
      const [input, rest] = [index % channels, Math.floor(index / channels)];
      const tap = chosen[rest % chosen.length]!;
      return kernel[(tap * channels + input) * channels + Math.floor(rest / chosen.length)]!;
    });
  const others = taps.filter((tap) => !isCentre(tap));
  return {
    ...lift,
    shape,
    rows: Int32Array.from(others, (tap) => offsets[tap]![0]),
    columns: Int32Array.from(others, (tap) => offsets[tap]![1]),
    centre: weightsOf(taps.filter(isCentre)),
    others: weightsOf(others),
    isUp: offsets.some(([row]) => row < 0),
    isLeft: offsets.some(([, column]) => column < 0),
  };
}

/** Much of the time of coding is spent here: plain loops over local typed arrays. */
function run(values: Float64Array, lift: PreparedLift, isForward: boolean): void {
  const { rows, columns, centre, others, upper, isUp, isLeft, channels, firstChannel } = lift;
  const [height, width, depth] = lift.shape;
  const taps = rows.length;
  const near = new Float64Array(taps * channels);
  const down = isUp === isForward ? -1 : 1;
  const right = isLeft === isForward ? -1 : 1;
  const next = upper === isForward ? -1 : 1;
  const size = height * width * depth;
  for (let image = firstChannel; image < values.length; image += size) {
    for (let row = down > 0 ? 0 : height - 1; row >= 0 && row < height; row += down) {
      for (let column = right > 0 ? 0 : width - 1; column >= 0 && column < width; column += right) {
        const pixel = image + (row * width + column) * depth;
        // The values at the other taps, zero outside the image.
        for (let tap = 0; tap < taps; tap++) {
          const r = row + rows[tap]!;
          const c = column + columns[tap]!;
          const place = tap * channels;
          if (r >= 0 && r < height && c >= 0 && c < width) {
            const first = image + (r * width + c) * depth;
            for (let input = 0; input < channels; input++) {
              near[place + input] = values[first + input]!;
            }
          } else {
            near.fill(0, place, place + channels);
          }
        }
        for (let output = next > 0 ? 0 : channels - 1; output >= 0 && output < channels; output += next) {
          let sum = 0;
          const weights = output * near.length;
          for (let index = 0; index < near.length; index++) {
            sum += near[index]! * others[weights + index]!;
          }
          const own = output * channels;
          const end = upper ? output : channels;
          for (let input = upper ? 0 : output + 1; input < end; input++) {
            sum += values[pixel + input]! * centre[own + input]!;
          }
          const lifted = Math.round(sum);
          values[pixel + output]! += isForward ? lifted : -lifted;
        }
      }
    }
  }
  requireInRange(values);
}
