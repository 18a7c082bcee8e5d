// Couplings: the values that stay determine, through a network, how the others change.
import { type BitStack, countDimensions, type ImageShape } from '../../../core/numeric/index.ts';
import { fixedScale, ONE, requireInRange, SCALE_ONE, toFixed } from '../stack/fixedPoint.ts';
import { alongCurve, backFromCurve, PIECE, scaleDown, scaleUp } from '../stack/modularAffine.ts';
import type { IntegerMap, Networks } from './integerMap.ts';
import type { PlacedCoupling } from './primitive.ts';

/** Changes a value, or changes it back, given its own numbers, and what its channel is multiplied by. */
type ValueMap = (
  value: number,
  numbers: Float64Array,
  scale: number,
  stack: BitStack,
  isForward: boolean,
) => number;

/** A coupling with any mask, network and transformer that has a form for one value. */
export async function couplingMap(
  shape: ImageShape,
  { numbers, transformer, places, channels, scales }: PlacedCoupling,
  networks: Networks,
): Promise<IntegerMap> {
  const size = countDimensions(shape);
  const depth = shape[2];
  const network = await networks.compile(shape, (images) => numbers(images));
  const valueNumbers = new Float64Array(transformer.numbers);
  const placeScales = Float64Array.from(places, (index) => scales[index % depth]!);
  // Number i of every channel of a pixel comes before number i + 1.
  const firsts = Int32Array.from({ length: places.length }, (_, index) => {
    const channel = index % channels;
    return (index - channel) * valueNumbers.length + channel;
  });
  const form = transformer.scalar!;
  const changed: ValueMap = 'curve' in form ? curved(form.curve) : affine(form.affine);
  const run = async (values: Float64Array, isForward: boolean, stack: BitStack): Promise<void> => {
    const images = values.length / size;
    const networkNumbers = await network.run(seenBy(values, { size, without: places, scales }), images);
    const step = isForward ? 1 : -1;
    for (let index = isForward ? 0 : images - 1; index >= 0 && index < images; index += step) {
      const [image, numbersOfImage] = [index * size, index * places.length * valueNumbers.length];
      for (
        let position = isForward ? 0 : places.length - 1;
        position >= 0 && position < places.length;
        position += step
      ) {
        const first = numbersOfImage + firsts[position]!;
        for (let i = 0; i < valueNumbers.length; i++) {
          valueNumbers[i] = networkNumbers[first + i * channels]!;
        }
        const valuePosition = image + places[position]!;
        values[valuePosition] = changed(
          values[valuePosition]!,
          valueNumbers,
          placeScales[position]!,
          stack,
          isForward,
        );
      }
    }
    requireInRange(values);
  };
  return {
    forward: (values, stack) => run(values, true, stack),
    inverse: (values, stack) => run(values, false, stack),
  };
}

/** (x·c + shift)·scale = (x + shift/c)·|c|·scale, with the sign of c. */
function affine(
  mapFrom: (numbers: Float64Array) => { readonly shift: number; readonly scale: number },
): ValueMap {
  return (value, numbers, c, stack, isForward) => {
    const map = mapFrom(numbers);
    const shift = toFixed(map.shift / c);
    const scale = fixedScale(map.scale * c);
    const sign = c < 0 ? -1 : 1;
    if (scale === SCALE_ONE) {
      return isForward ? sign * (value + shift) : sign * value - shift;
    }
    return isForward
      ? sign * scaleUp(stack, value + shift, scale)
      : scaleDown(stack, sign * value, scale) - shift;
  };
}

/** Curves take values that are multiplied already. */
function curved(curveFrom: (numbers: Float64Array) => (x: number) => number): ValueMap {
  const last = { rise: PIECE };
  return (value, numbers, _, stack, isForward) =>
    isForward
      ? alongCurve(stack, value, curveFrom(numbers))
      : backFromCurve(stack, value, curveFrom(numbers), last);
}

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
