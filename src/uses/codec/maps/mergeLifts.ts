// Merges shifts and lifts with the lifts before them, so that images are walked less often.
import { channelOrder } from './collectScales.ts';
import type { Lift } from './lift.ts';
import type { Primitive } from './primitive.ts';

/**
 * The same maps with fewer shifts and lifts. A shift moves behind orders of the channels and lifts of single pixels,
 * (x + b)·M = x·M + b·M, until a lift of all channels can add it. A lift of single pixels and a lift after it with the
 * same order of channels are one lift, of the product of both.
 */
export function mergeLifts(primitives: readonly Primitive[], channels: number): Primitive[] {
  const result: Primitive[] = [];
  let pending: Float64Array | undefined;
  const emit = (): void => {
    if (pending) {
      result.push({ kind: 'shift', biases: pending });
      pending = undefined;
    }
  };
  for (const primitive of primitives) {
    const last = result.at(-1);
    switch (primitive.kind) {
      case 'shift': {
        const { biases } = primitive;
        if (pending) {
          pending = pending.map((bias, channel) => bias + biases[channel]!);
        } else if (last?.kind === 'lift' && last.lift.channels === channels) {
          result[result.length - 1] = { kind: 'lift', lift: withBiases(last.lift, biases) };
        } else {
          pending = biases;
        }
        break;
      }
      case 'order': {
        const order: readonly number[] | undefined = pending && channelOrder(primitive.from, channels);
        if (order) {
          const before: Float64Array = pending!;
          pending = before.map((_, channel) => before[order[channel]!]!);
        } else {
          emit();
        }
        result.push(primitive);
        break;
      }
      case 'lift': {
        let { lift } = primitive;
        if (pending && isPointwise(lift) && lift.channels === channels) {
          lift = withBiases(lift, applied(pending, lift));
          pending = undefined;
        }
        emit();
        if (last?.kind === 'lift' && last === result.at(-1) && canMerge(last.lift, lift)) {
          result[result.length - 1] = { kind: 'lift', lift: product(last.lift, lift) };
        } else {
          result.push({ kind: 'lift', lift });
        }
        break;
      }
      default:
        emit();
        result.push(primitive);
    }
  }
  emit();
  return result;
}

function withBiases(lift: Lift, more: Float64Array): Lift {
  const { biases } = lift;
  return { ...lift, biases: biases ? biases.map((bias, channel) => bias + more[channel]!) : more };
}

function isPointwise({ offsets }: Lift): boolean {
  return offsets.every(([row, column]) => row === 0 && column === 0);
}

/** At the edges of an image, a corner convolution adds the biases before it only in part. */
function canMerge(first: Lift, second: Lift): boolean {
  return (
    isPointwise(first) &&
    first.biases === undefined &&
    first.upper === second.upper &&
    first.firstChannel === second.firstChannel &&
    first.channels === second.channels
  );
}

/** The weights of all taps, with the diagonal, and zeros beyond it. */
function wholeKernel({ offsets, kernel, channels, upper }: Lift): Float64Array {
  const area = channels ** 2;
  return Float64Array.from({ length: offsets.length * area }, (_, index) => {
    const [row, column] = offsets[Math.floor(index / area)]!;
    const [input, output] = [Math.floor(index / channels) % channels, index % channels];
    if (row !== 0 || column !== 0 || (upper ? input < output : input > output)) {
      return kernel[index]!;
    }
    return input === output ? 1 : 0;
  });
}

/** A row of a pixel's values times a lift of single pixels. */
function applied(row: Float64Array, lift: Lift): Float64Array {
  const matrix = wholeKernel(lift);
  return row.map((_, output) =>
    row.reduce((sum, value, input) => sum + value * matrix[input * row.length + output]!, 0),
  );
}

/** A lift of single pixels, then another lift. */
function product(first: Lift, second: Lift): Lift {
  const { channels } = second;
  const [firstKernel, secondKernel] = [wholeKernel(first), wholeKernel(second)];
  const kernel = Float64Array.from(secondKernel, (_, index) => {
    const [row, output] = [Math.floor(index / channels), index % channels];
    const [tap, input] = [row - (row % channels), row % channels];
    let sum = 0;
    for (let inner = 0; inner < channels; inner++) {
      sum += firstKernel[input * channels + inner]! * secondKernel[(tap + inner) * channels + output]!;
    }
    return sum;
  });
  return { ...second, kernel };
}
