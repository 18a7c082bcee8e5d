// Moves scales behind the maps that follow them, so that one is left of many: only scales use the stack.
import type { PlacedCoupling, Primitive } from './primitive.ts';

/**
 * The same maps with fewer scales, for images of so many channels and pixels. With D a scale per channel, lifts and shifts
 * of x·D are lifts and shifts of x, times D: x·D + b = (x + b/D)·D, and Σ xᵢ·Dᵢ·Mᵢₒ = (Σ xᵢ·Mᵢₒ·Dᵢ/Dₒ)·Dₒ. Reordering the
 * channels reorders D. An affine coupling multiplies the channels that it changes, and shows its network all of them
 * multiplied; the others keep D. Before anything else the collected scale stays.
 */
export function collectScales(
  primitives: readonly Primitive[],
  { channels, pixels }: { readonly channels: number; readonly pixels: number },
): Primitive[] {
  const result: Primitive[] = [];
  let pending = new Float64Array(channels).fill(1);
  const emit = (): void => {
    if (pending.some((scale) => scale !== 1)) {
      result.push({ kind: 'scale', scales: pending });
      pending = new Float64Array(channels).fill(1);
    }
  };
  for (const primitive of primitives) {
    switch (primitive.kind) {
      case 'scale':
        pending = pending.map((scale, channel) => scale * primitive.scales[channel]!);
        break;
      case 'shift':
        result.push({
          kind: 'shift',
          biases: primitive.biases.map((bias, channel) => bias / pending[channel]!),
        });
        break;
      case 'lift':
        result.push({ kind: 'lift', lift: lifted(primitive, pending) });
        break;
      case 'order': {
        const order = channelOrder(primitive.from, channels);
        if (order === undefined) {
          emit();
        } else {
          const before = pending;
          pending = before.map((_, channel) => before[order[channel]!]!);
        }
        result.push(primitive);
        break;
      }
      case 'coupling': {
        const { coupling } = primitive;
        const changed = changedChannels(coupling, { channels, pixels });
        if (changed === undefined || 'curve' in coupling.transformer.scalar!) {
          emit();
          result.push(primitive);
        } else {
          result.push({ kind: 'coupling', coupling: { ...coupling, scales: pending } });
          pending = pending.map((scale, channel) => (changed.has(channel) ? 1 : scale));
        }
        break;
      }
    }
  }
  emit();
  return result;
}

/** The channels that a coupling changes, unless it changes only some pixels of one. */
function changedChannels(
  { places }: PlacedCoupling,
  { channels, pixels }: { readonly channels: number; readonly pixels: number },
): Set<number> | undefined {
  const channelSet = new Set(Array.from(places, (index) => index % channels));
  return channelSet.size * pixels === places.length ? channelSet : undefined;
}

/** A lift of scaled values as one of the values themselves. */
function lifted({ lift }: Extract<Primitive, { kind: 'lift' }>, scales: Float64Array) {
  const { channels, firstChannel } = lift;
  const kernel = Float64Array.from(lift.kernel, (tap, index) => {
    const [input, output] = [Math.floor(index / channels) % channels, index % channels];
    return tap * (scales[firstChannel + input]! / scales[firstChannel + output]!);
  });
  return { ...lift, kernel };
}

/** The order of the channels, if every pixel keeps its place. */
export function channelOrder(from: ArrayLike<number>, channels: number): number[] | undefined {
  const order = Array.from({ length: channels }, (_, channel) => from[channel]!);
  for (let index = 0; index < from.length; index++) {
    const channel = index % channels;
    if (from[index] !== index - channel + order[channel]!) {
      return undefined;
    }
  }
  return order;
}
