// Activations as networks see them.
import { ONE } from '../stack/fixedPoint.ts';

/**
 * The real numbers of activations, for a network. Values that it must not depend on are 0, so that it sees the same in both
 * directions.
 *
 * @param size of an image
 * @param without the places of these values in every image
 * @param scales what the values of every channel are multiplied by
 */
export function seenBy(
  values: Float64Array,
  {
    size,
    without,
    scales,
  }: { readonly size: number; readonly without: ArrayLike<number>; readonly scales: Float64Array },
): Float32Array {
  const seen = new Float32Array(values.length);
  const factors = scales.map((scale) => scale / ONE);
  for (let index = 0, channel = 0; index < values.length; index++) {
    seen[index] = values[index]! * factors[channel]!;
    channel = channel + 1 === factors.length ? 0 : channel + 1;
  }
  for (let first = 0; first < values.length; first += size) {
    for (let index = 0; index < without.length; index++) {
      seen[first + without[index]!] = 0;
    }
  }
  return seen;
}
