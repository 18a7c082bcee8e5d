// The registry of layers, for every test of the bijection contract. A layer that is not a mixing adds a line.
import type { ImageShape } from '../core/numeric/arrays.ts';
import type { PartDefinition, PartRegistry, PartSettings } from '../core/parts/index.ts';
import { type Bijection, chain } from '../flows/contract/bijection.ts';
import { additive } from '../flows/coupling/additive.ts';
import { affine } from '../flows/coupling/affine.ts';
import { conditionContext } from '../flows/coupling/conditionContext.ts';
import { coupling } from '../flows/coupling/coupling.ts';
import { gatedConditioner } from '../flows/coupling/gatedConditioner.ts';
import { glowConditioner } from '../flows/coupling/glowConditioner.ts';
import { mixture } from '../flows/coupling/mixture.ts';
import { checkerboard, contextImages, type MaskFor } from '../flows/coupling/parts.ts';
import { spline } from '../flows/coupling/spline.ts';
import { noiseSteps } from '../flows/dequantisers/variationalDequantiser.ts';
import { actnorm } from '../flows/layers/actnorm.ts';
import { circulant } from '../flows/layers/circulant.ts';
import { conv1x1 } from '../flows/layers/conv1x1.ts';
import { convolutionExponential } from '../flows/layers/convolutionExponential.ts';
import { emerging } from '../flows/layers/emerging.ts';
import { fourCorners } from '../flows/layers/fourCorners.ts';
import { maf } from '../flows/layers/maf.ts';
import { periodic } from '../flows/layers/periodic.ts';
import { squeeze } from '../flows/layers/squeeze.ts';
import { woodbury, woodburyMe } from '../flows/layers/woodbury.ts';
import {
  buildCoupling,
  type CouplingChoice,
  conditioners,
  layersOfMixing,
  type Mixing,
  masks,
  mixingNames,
  mixings,
  transformers,
} from '../flows/models/partRegistries.ts';

// Odd and even sides, H ≠ W, odd and even numbers of channels; few pixels, because Jacobians are dense.
const grey: ImageShape = [5, 4, 1];
const even: ImageShape = [4, 6, 2];
const odd: ImageShape = [3, 5, 3];
/** More channels than pixels. */
const manyChannels: ImageShape = [2, 2, 12];
/** Pixels without neighbours, and as many channels as at the last level of a model. */
const lastLevel: ImageShape = [1, 2, 48];

// Images of one row, of one column and of one pixel, where kernels have taps beyond the image.
const row: ImageShape = [1, 4, 3];
const column: ImageShape = [4, 1, 3];
const pixel: ImageShape = [1, 1, 2];

/** The layer that a mixing is named after: the last of its layers. */
export function layerOfMixing(
  name: Mixing,
  shape: ImageShape,
  options: Readonly<Record<string, unknown>> = {},
): Bijection {
  return Object.values(layersOfMixing({ ...smallMixing(name, 2 * shape[2]), ...options }, shape)).at(-1)!;
}

/** A mixing whose networks, if it has some, have so many hidden channels. */
export function smallMixing(name: string, hiddenChannels: number): PartSettings {
  return Object.hasOwn(mixings.find(name).options, 'hiddenChannels') ? { name, hiddenChannels } : { name };
}

/** A part with its options picked from some values: golden cases have one list for all parts. */
export function partWith(
  registry: PartRegistry<PartDefinition>,
  name: string | undefined,
  values: Readonly<Record<string, unknown>>,
): PartSettings {
  const { definition } = registry.resolve(name ?? {});
  const options = Object.keys(definition.options).filter((key) => values[key] !== undefined);
  return { name: definition.name, ...Object.fromEntries(options.map((key) => [key, values[key]])) };
}

/** The parts of a coupling with their options picked from some values. */
export function couplingWith(
  names: Readonly<Record<string, string | undefined>>,
  values: Readonly<Record<string, unknown>>,
): CouplingChoice {
  return {
    coupling: partWith(transformers, names.coupling, values),
    conditioner: partWith(conditioners, names.conditioner, values),
    mask: partWith(masks, names.mask, values),
  };
}

/** A narrow coupling with these parts, as a function of the image shape. */
function narrow({ conditioner, ...parts }: CouplingChoice = {}, mask?: MaskFor) {
  return (shape: ImageShape): Bijection =>
    buildCoupling(shape, { ...parts, conditioner: { width: 5, ...(conditioner as PartSettings) } }, mask);
}

/** Every layer by name, as a function of the image shape, and the shapes to test it on. */
const layers: Record<string, [(shape: ImageShape) => Bijection, ImageShape[]]> = {
  ...Object.fromEntries(
    mixingNames.map((name) => [
      name,
      [(shape: ImageShape) => layerOfMixing(name, shape), [grey, even, odd, column, pixel, lastLevel]],
    ]),
  ),
  actnorm: [actnorm, [grey, odd]],
  'periodic, kernel 5': [(shape) => periodic(shape, { kernelSize: 5 }), [even, odd]],
  'periodic, kernel 7': [(shape) => periodic(shape, { kernelSize: 7 }), [[5, 6, 1], odd]],
  'maf, wide': [(shape) => maf(shape, { hiddenChannels: 6 * shape[2] }), [odd]],
  'maf, narrow': [(shape) => maf(shape, { hiddenChannels: shape[2] }), [odd]],
  'coupling, additive': [narrow({ coupling: 'additive' }), [odd]],
  'emerging, kernel 1': [(shape) => emerging(shape, { kernelSize: 1 }), [[2, 3, 3]]],
  'emerging, kernel 5': [(shape) => emerging(shape, { kernelSize: 5 }), [even, odd]],
  'emerging, kernel 7': [(shape) => emerging(shape, { kernelSize: 7 }), [[5, 6, 1]]],
  'emerging, dilation 2': [(shape) => emerging(shape, { dilation: 2 }), [grey, odd, manyChannels]],
  'emerging, kernel 5, dilation 2': [
    (shape) => emerging(shape, { kernelSize: 5, dilation: 2 }),
    [[5, 6, 1], odd],
  ],
  'emerging, kernel beyond the image': [
    (shape) => emerging(shape, { kernelSize: 7, dilation: 2 }),
    [even, [1, 1, 3]],
  ],
  'convexp, kernel 5, large norm': [
    (shape) => convolutionExponential(shape, { kernelSize: 5, normBound: 4 }),
    [even],
  ],
  'finc, kernel 2': [(shape) => fourCorners(shape, { kernelSize: 2 }), [odd, [1, 4, 7]]],
  'finc, kernel 5, dilation 2': [(shape) => fourCorners(shape, { kernelSize: 5, dilation: 2 }), [odd]],
  'woodbury, small ranks': [(shape) => woodbury(shape, { channelRank: 1, spaceRank: 2 }), [even, odd]],
  'woodbury-me, small ranks': [(shape) => woodburyMe(shape, { channelRank: 2, spaceRank: 1 }), [even, odd]],
  'circulant, one diagonal': [(shape) => circulant(shape, { diagonals: 1 }), [odd]],
  'circulant, four diagonals': [(shape) => circulant(shape, { diagonals: 4 }), [grey, odd]],
  coupling: [narrow(), [even, odd, manyChannels]],
  'coupling, spline': [narrow({ coupling: 'spline' }), [odd]],
  'coupling, spline of 3 bins': [
    (shape) =>
      coupling(shape, {
        conditioner: glowConditioner({ width: 5 }),
        transformer: spline({ bins: 3, bound: 0.5 }),
      }),
    [pixel],
  ],
  'coupling, with a floor of 0.3': [narrow({ coupling: { scaleFloor: 0.3 } }), [odd]],
  'coupling, mixture': [narrow({ coupling: 'mixture' }), [odd]],
  'coupling, mixture of 1': [narrow({ coupling: { name: 'mixture', components: 1 } }), [row]],
  'coupling, mixture of 9': [narrow({ coupling: { name: 'mixture', components: 9 } }), [pixel]],
  'coupling, gated': [narrow({ conditioner: { name: 'gated' } }), [odd]],
  'coupling, gated without blocks': [narrow({ conditioner: { name: 'gated', width: 3, blocks: 0 } }), [even]],
  'coupling, dense': [narrow({ conditioner: { name: 'dense' } }), [odd, pixel, [1, 1, 5]]],
  'coupling, dense without hidden layers, spline, checkerboard': [
    narrow({ conditioner: { name: 'dense', layers: 0 }, coupling: 'spline', mask: 'checkerboard' }),
    [[2, 3, 1]],
  ],
  'coupling, checkerboard': [narrow({ mask: 'checkerboard' }), [grey, odd, column]],
  'coupling, the other checkerboard': [narrow({}, checkerboard({ keep: 1 })), [even, odd, row]],
  'coupling, checkerboard, gated, mixture': [
    narrow({ conditioner: { name: 'gated' }, coupling: 'mixture' }, checkerboard({ keep: 1 })),
    [grey],
  ],
  'coupling, checkerboard, with a context': [
    (shape) =>
      coupling(shape, {
        mask: checkerboard(),
        conditioner: gatedConditioner({ width: 5, blocks: 1 }),
        context: contextImages(shape[2]),
      }),
    [even],
  ],
  'coupling, narrow': [narrow({ conditioner: { width: 2 } }), [manyChannels, [1, 4, 5]]],
  'coupling, with a context': [
    (shape) =>
      coupling(shape, { conditioner: glowConditioner({ width: 5 }), context: contextImages(shape[2]) }),
    [even, odd],
  ],
  'coupling, every third channel': [
    (shape) => coupling(shape, { mask: [0, 1, 0], conditioner: glowConditioner({ width: 5 }) }),
    [odd],
  ],
  'coupling, the last channels': [
    (shape) => coupling(shape, { mask: [0, 1, 1], conditioner: glowConditioner({ width: 5 }) }),
    [odd],
  ],
  'coupling, a mask of pixels': [
    ([height, width, channels]) =>
      coupling([height, width, channels], {
        mask: Array.from({ length: height }, (_, row) =>
          Array.from({ length: width }, (_, column) => (row * column) % 2),
        ),
        conditioner: glowConditioner({ width: 5 }),
        transformer: spline({ bins: 3 }),
      }),
    [even, odd],
  ],
  'coupling, a mask of values': [
    ([height, width, channels]) =>
      coupling([height, width, channels], {
        mask: Array.from({ length: height }, (_, row) =>
          Array.from({ length: width }, (_, column) =>
            Array.from({ length: channels }, (_, channel) =>
              (row + 2 * column + channel) % 3 === 0 ? 1 : 0,
            ),
          ),
        ),
        conditioner: gatedConditioner({ width: 4, blocks: 1 }),
        transformer: mixture({ components: 2 }),
      }),
    [even, odd],
  ],
  'transformer, additive': [additive(), [odd]],
  'transformer, affine': [affine(), [odd, pixel]],
  'transformer, affine with a floor': [affine({ scaleFloor: 0.2 }), [odd]],
  'transformer, spline': [spline({ bins: 5 }), [odd]],
  'transformer, mixture': [mixture({ components: 3 }), [even]],
  'coupling, on a torus': [narrow({ boundary: 'periodic' }), [even, odd, row, pixel]],
  'coupling, gated, on a torus': [narrow({ conditioner: { name: 'gated' }, boundary: 'periodic' }), [odd]],
  'coupling, checkerboard, on a torus': [
    narrow({ boundary: 'periodic' }, checkerboard({ keep: 1 })),
    [even, [3, 3, 1]],
  ],
  'coupling, with a vector and images': [
    (shape) => {
      const scale = { mean: 0.5, deviation: 2 };
      // Context images of twice the sides, squeezed.
      const imageShape: ImageShape = [2 * shape[0], 2 * shape[1], 1];
      const context = conditionContext(
        [
          { name: 'first', shape: [1], ...scale },
          { name: 'others', shape: [2], ...scale },
          { name: 'map', shape: imageShape, ...scale },
        ],
        imageShape,
      );
      return coupling(shape, { conditioner: glowConditioner({ width: 5 }), context });
    },
    [odd],
  ],
  'steps of variational noise': [
    (shape) => noiseSteps(shape, { steps: 2, width: 5, boundary: 'zero' }),
    [manyChannels],
  ],
  'steps of variational noise, on a torus': [
    (shape) => noiseSteps(shape, { steps: 1, width: 5, boundary: 'periodic' }),
    [even],
  ],
  squeeze: [squeeze, [[4, 6, 1], [6, 2, 3], manyChannels]],
  chain: [step, [[6, 2, 3]]],
};

/** Several layers in sequence, one of them within a nested chain. */
function step(shape: ImageShape): Bijection {
  const squeezed = squeeze(shape);
  const inner = squeezed.outputShape;
  const mixing = chain('mixing', { conv1x1: conv1x1(inner), emerging: emerging(inner) });
  return chain('step', {
    squeeze: squeezed,
    actnorm: actnorm(inner),
    mixing,
    coupling: buildCoupling(inner, { conditioner: { width: 4 } }),
  });
}

/** Every layer at every shape, as `[name and shape, layer]`. */
export function layerCases(): [string, Bijection][] {
  return Object.entries(layers).flatMap(([name, [make, shapes]]) =>
    shapes.map((shape): [string, Bijection] => [`${name} ${shape.join('x')}`, make(shape)]),
  );
}

export { randomParameters } from '../flows/checks/randomParameters.ts';
