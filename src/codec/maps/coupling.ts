// Couplings: the values that stay determine, through a network, how the others change.
import type { ScalarMap } from '../../flows/contract/elementaryMaps.ts';
import { dimensionsOf, type ImageShape } from '../../numeric/imageShape.ts';
import type { BitStack } from '../stack/bitStack.ts';
import { fixedScale, requireInRange, SCALE_ONE, toFixed } from '../stack/fixedPoint.ts';
import { scaleDown, scaleUp } from '../stack/modularAffine.ts';
import { alongCurve, backFromCurve } from '../stack/risingCurve.ts';
import { seenBy } from './activations.ts';
import type { IntegerMap, Networks } from './integerMap.ts';
import type { PlacedCoupling } from './primitive.ts';

/** A coupling with any mask, network and transformer that has a form for one value. */
export async function couplingMap(
  shape: ImageShape,
  { numbers, transformer, places, channels }: PlacedCoupling,
  networks: Networks,
): Promise<IntegerMap> {
  const size = dimensionsOf(shape);
  const network = await networks.compile(shape, (images) => numbers(images));
  const own = new Float64Array(transformer.numbers);
  const run = async (values: Float64Array, isForward: boolean, stack: BitStack): Promise<void> => {
    const images = values.length / size;
    const found = await network.run(seenBy(values, { size, without: places }), images);
    const count = images * places.length;
    for (let step = 0; step < count; step++) {
      const index = isForward ? step : count - 1 - step;
      const image = Math.floor(index / places.length);
      const place = index - image * places.length;
      // Number i of every channel of a pixel comes before number i + 1.
      const channel = place % channels;
      const first = (index - channel) * own.length + channel;
      for (let i = 0; i < own.length; i++) {
        own[i] = found[first + i * channels]!;
      }
      const at = image * size + places[place]!;
      values[at] = transformed(values[at]!, transformer.scalar!(own), isForward, stack);
    }
    requireInRange(values);
  };
  return {
    forward: (values, stack) => run(values, true, stack),
    inverse: (values, stack) => run(values, false, stack),
  };
}

/** One value through a transformer, or back. */
function transformed(value: number, map: ScalarMap, isForward: boolean, stack: BitStack): number {
  if ('curve' in map) {
    return (isForward ? alongCurve : backFromCurve)(stack, value, map.curve);
  }
  const shift = toFixed(map.shift);
  const scale = fixedScale(map.scale);
  if (scale === SCALE_ONE) {
    return isForward ? value + shift : value - shift;
  }
  return isForward ? scaleUp(stack, value + shift, scale) : scaleDown(stack, value, scale) - shift;
}
