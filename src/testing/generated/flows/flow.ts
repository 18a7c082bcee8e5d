// Flows of one to four layers with any options, as cases, and the layers that they stand for.
import fc from 'fast-check';
import { countElements, type ImageShape, type NdArray, RandomStream } from '../../../core/numeric/index.ts';
import type { PartSettings } from '../../../core/parts/index.ts';
import { randomParameters } from '../../../flows/checks/randomParameters.ts';
import type { Bijection } from '../../../flows/contract/bijection.ts';
import { chain } from '../../../flows/contract/bijection.ts';
import type { ParameterSpecs } from '../../../flows/contract/parameters.ts';
import { checkerboard, contextImages } from '../../../flows/coupling/parts.ts';
import { noiseSteps } from '../../../flows/dequantisers/variationalDequantiser.ts';
import { actnorm } from '../../../flows/layers/actnorm.ts';
import { squeeze } from '../../../flows/layers/squeeze.ts';
import { unitInterval } from '../../../flows/layers/unitInterval.ts';
import {
  buildCoupling,
  conditioners,
  layersOfMixing,
  masks,
  mixings,
  transformers,
} from '../../../flows/models/partRegistries.ts';
import { parts } from '../parts.ts';

/** A layer of a generated flow. */
type LayerCase =
  | { readonly layer: 'actnorm' | 'squeeze' | 'noise' | 'unit interval' }
  | { readonly layer: 'mixing'; readonly mixing: PartSettings }
  | {
      readonly layer: 'coupling';
      readonly coupling: PartSettings;
      readonly conditioner: PartSettings;
      readonly mask: PartSettings | 'other checkerboard';
      readonly boundary: 'zero' | 'periodic';
      /** The channels of its context; 0 for none. */
      readonly context: number;
    };

/** A flow with its weights and images. */
export interface FlowCase {
  readonly shape: readonly [height: number, width: number, channels: number];
  readonly layers: readonly LayerCase[];
  /** The factor of all weights. */
  readonly strength: number;
  readonly seed: number;
  /** The values of the first image; the others are random. */
  readonly image: 'normal' | 'equal' | 'zero' | 'bytes' | 'large';
}

const layerCases: fc.Arbitrary<LayerCase> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({ layer: fc.constantFrom('actnorm', 'squeeze', 'noise', 'unit interval') }),
  },
  { weight: 3, arbitrary: fc.record({ layer: fc.constant('mixing'), mixing: parts(mixings) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      layer: fc.constant('coupling'),
      coupling: parts(transformers),
      conditioner: parts(conditioners),
      mask: fc.oneof(parts(masks), fc.constant('other checkerboard')),
      boundary: fc.constantFrom('zero', 'periodic'),
      context: fc.constantFrom(0, 0, 1, 2),
    }),
  },
) as fc.Arbitrary<LayerCase>;

/** Flows of images up to 4x4x6. */
export const flowCases: fc.Arbitrary<FlowCase> = fc.record({
  shape: fc.tuple(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 6 }),
  ),
  layers: fc.array(layerCases, { minLength: 1, maxLength: 4 }),
  strength: fc.constantFrom(1, 0.1, 0.3, 2, 5, 30),
  seed: fc.nat(1000),
  image: fc.constantFrom('normal', 'equal', 'zero', 'bytes', 'large'),
});

/**
 * The layers of a case in sequence; undefined if there is none. Squeezes apply to even images only.
 *
 * @throws UserError if an option is out of range, or a layer doesn't fit its images
 */
export function buildFlow({ shape, layers }: FlowCase): Bijection | undefined {
  let current: ImageShape = shape;
  const bijections: Record<string, Bijection> = {};
  for (const [index, layerCase] of layers.entries()) {
    const layer = buildLayer(layerCase, current);
    if (layer) {
      bijections[`${index} ${layerCase.layer}`.replace(/ /g, '-')] = layer;
      current = layer.outputShape;
    }
  }
  return Object.keys(bijections).length > 0 ? chain('flow', bijections) : undefined;
}

function buildLayer(layerCase: LayerCase, shape: ImageShape): Bijection | undefined {
  switch (layerCase.layer) {
    case 'actnorm':
      return actnorm(shape);
    case 'squeeze':
      return shape[0] % 2 === 0 && shape[1] % 2 === 0 ? squeeze(shape) : undefined;
    case 'noise':
      return noiseSteps(shape, { steps: 1, width: 3, boundary: 'zero' });
    case 'unit interval':
      return unitInterval(shape, { scale: 1, margin: 0.1 });
    case 'mixing':
      return chain('mixing', layersOfMixing(layerCase.mixing, shape));
    case 'coupling': {
      const { mask, context, ...others } = layerCase;
      return buildCoupling(
        shape,
        mask === 'other checkerboard' ? others : { ...others, mask },
        mask === 'other checkerboard' ? checkerboard({ keep: 1 }) : undefined,
        context > 0 ? contextImages(context) : undefined,
      );
    }
  }
}

/** The weights of a case: random, times its strength, except masked ones and those that training doesn't change. */
export function weightsFor(specs: ParameterSpecs, { strength, seed }: FlowCase): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(randomParameters(specs, seed)).map(([path, { shape, data }]) => {
      const factor = specs[path]!.trained ? strength : 1;
      return [path, { shape, data: Float64Array.from(data, (value) => factor * value) }];
    }),
  );
}

/** Images of a case: the first as it says, the others normally distributed. */
export function imagesFor({ shape, seed, image }: FlowCase, count: number): NdArray {
  const size = countElements(shape);
  const random = new RandomStream(seed, 'images');
  const data = random.normals(count * size);
  for (let index = 0; index < size; index++) {
    const value = data[index]!;
    const values = {
      normal: value,
      equal: 0.7,
      zero: 0,
      bytes: Math.abs(value) > 1 ? 255 : 0,
      large: 1e4 * value,
    };
    data[index] = values[image];
  }
  return { shape: [count, ...shape], data };
}
