// Collected scales and merged lifts against the maps one by one.

import { expect, it } from 'vitest';
import type { ImageShape } from '../../../core/numeric/arrays.ts';
import { RandomStream } from '../../../core/numeric/random.ts';
import { filledStack } from '../../../testing/filledStack.ts';
import { ONE } from '../stack/fixedPoint.ts';
import { collectScales } from './collectScales.ts';
import { compilePrimitive } from './compileMaps.ts';
import type { Networks } from './integerMap.ts';
import type { Lift } from './lift.ts';
import { mergeLifts } from './mergeLifts.ts';
import type { Primitive } from './primitive.ts';

const shape: ImageShape = [3, 4, 5];
const [height, width, channels] = shape;
const random = new RandomStream(8, 'maps');
const numbers = (length: number, size: number): Float64Array =>
  Float64Array.from({ length }, () => size * (2 * random.uniform() - 1));

function lift(upper: boolean, offsets: Lift['offsets'], group: Partial<Lift> = {}): Primitive {
  const channelCount = group.channels ?? channels;
  const kernel = numbers(offsets.length * channelCount ** 2, 0.4);
  return {
    kind: 'lift',
    lift: { upper, offsets, kernel, channels: channelCount, firstChannel: 0, ...group },
  };
}

const shift = (): Primitive => ({ kind: 'shift', biases: numbers(channels, 3) });
const scale = (): Primitive => ({
  kind: 'scale',
  scales: numbers(channels, 0.5).map((value) => 1.2 + value),
});
const order: Primitive = {
  kind: 'order',
  from: Int32Array.from({ length: height * width * channels }, (_, index) => {
    const channel = index % channels;
    return index - channel + [3, 0, 4, 1, 2][channel]!;
  }),
};
const point: Lift['offsets'] = [[0, 0]];
const corner: Lift['offsets'] = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

const chains: [string, number, Primitive[]][] = [
  [
    'a step with an emerging convolution',
    4,
    [
      ...[shift(), scale(), order, lift(false, point), lift(true, point), scale()],
      ...[
        lift(true, corner),
        scale(),
        lift(false, [
          [0, 0],
          [-1, 0],
        ]),
        scale(),
        shift(),
      ],
    ],
  ],
  ['shifts before a corner', 3, [shift(), shift(), lift(true, corner), shift()]],
  [
    'groups of channels',
    4,
    [
      shift(),
      lift(true, corner, { channels: 2, firstChannel: 3 }),
      lift(true, point, { channels: 2, firstChannel: 3 }),
    ],
  ],
  ['a bias between lifts', 4, [lift(true, point), shift(), lift(true, corner), scale()]],
  ['two lifts of single pixels', 2, [shift(), lift(true, point), lift(true, point), scale()]],
];

const noNetworks: Networks = {
  constants: () => Promise.reject(new Error('no map here has constants')),
  compile: () => Promise.reject(new Error('no map here has a network')),
};

/** The values after maps, as real numbers. */
async function after(primitives: readonly Primitive[], values: Float64Array): Promise<number[]> {
  const stack = filledStack(10 * values.length);
  const before = stack.toBytes();
  const transformed = values.slice();
  const maps = await Promise.all(
    primitives.map((primitive) => compilePrimitive(primitive, shape, noNetworks)),
  );
  for (const map of maps) {
    await map.forward(transformed, stack);
  }
  const result = Array.from(transformed, (value) => value / ONE);
  for (const map of maps.toReversed()) {
    await map.inverse(transformed, stack);
  }
  expect(transformed).toEqual(values);
  expect(stack.toBytes()).toEqual(before);
  return result;
}

it.each(chains)('%s', async (_, limit, primitives) => {
  const merged = mergeLifts(collectScales(primitives, { channels, pixels: height * width }), channels);
  expect(merged.filter(({ kind }) => kind !== 'scale').length).toBeLessThanOrEqual(limit);
  const values = numbers(2 * height * width * channels, 2).map((value) => Math.round(value * ONE));
  const [separate, together] = [await after(primitives, values), await after(merged, values)];
  expect(Math.max(...separate.map((value, index) => Math.abs(value - together[index]!)))).toBeLessThan(1e-3);
});
