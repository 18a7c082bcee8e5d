// The layers of a stage as maps of whole numbers.

import type { ImageShape } from '../../../core/numeric/index.ts';
import type { Bijection, Parameters } from '../../../flows/contract/index.ts';
import { sameShape } from '../../../tensor/index.ts';
import { collectScales } from './collectScales.ts';
import { couplingMap } from './coupling.ts';
import { type IntegerMap, type Networks, orderMap, scaleMap, shiftMap } from './integerMap.ts';
import { liftMap } from './lift.ts';
import { mergeLifts } from './mergeLifts.ts';
import { mapKind, type Primitive } from './primitive.ts';

/** A layer with its parameters. */
export interface GivenLayer {
  readonly bijection: Bijection;
  readonly parameters: Parameters;
}

/** The maps of layers, first to last; every layer has a form for whole numbers. */
export async function compileMaps(layers: readonly GivenLayer[], networks: Networks): Promise<IntegerMap[]> {
  const placed = layers.flatMap(({ bijection, parameters }) =>
    bijection.maps!(parameters).map((map) => ({ map, shape: bijection.inputShape })),
  );
  const needed = placed.map(({ map, shape }) => mapKind(map).constants(map, shape));
  const values = [...(await networks.constants(needed.flat()))];
  // Consecutive maps of images of one shape, whose scales can be collected.
  const groups: { shape: ImageShape; primitives: Primitive[] }[] = [];
  placed.forEach(({ map, shape }, index) => {
    const primitives = mapKind(map).primitives(map, shape, values.splice(0, needed[index]!.length));
    const last = groups.at(-1);
    if (last && sameShape(last.shape, shape)) {
      last.primitives.push(...primitives);
    } else {
      groups.push({ shape, primitives });
    }
  });
  const maps: IntegerMap[] = [];
  for (const { shape, primitives } of groups) {
    const [height, width, channels] = shape;
    const collected = collectScales(primitives, { channels, pixels: height * width });
    for (const primitive of mergeLifts(collected, channels)) {
      maps.push(await compilePrimitive(primitive, shape, networks));
    }
  }
  return maps;
}

/** The map of one primitive, for images of a shape. */
export function compilePrimitive(
  primitive: Primitive,
  shape: ImageShape,
  networks: Networks,
): IntegerMap | Promise<IntegerMap> {
  switch (primitive.kind) {
    case 'order':
      return orderMap(primitive.from);
    case 'shift':
      return shiftMap(primitive.biases);
    case 'lift':
      return liftMap(shape, primitive.lift);
    case 'scale':
      return scaleMap(primitive.scales);
    case 'coupling':
      return couplingMap(shape, primitive.coupling, networks);
  }
}
