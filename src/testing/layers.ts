// The registry of layers, for every test of the bijection contract. A layer that is not a mixing adds a line.

import type { Bijection } from '../flows/contract/bijection.ts';
import { chain } from '../flows/contract/chain.ts';
import type { Condition, ConditionShapes } from '../flows/contract/condition.ts';
import { checkerboard } from '../flows/coupling/checkerboard.ts';
import { conditionContext } from '../flows/coupling/conditionContext.ts';
import { contextImages } from '../flows/coupling/context.ts';
import { coupling } from '../flows/coupling/coupling.ts';
import { gatedConditioner } from '../flows/coupling/gatedConditioner.ts';
import { glowConditioner } from '../flows/coupling/glowConditioner.ts';
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
import { couplingOf } from '../models/couplings.ts';
import { type Mixing, type MixingOptions, mixingNames, mixings } from '../models/mixing.ts';
import type { ImageShape } from '../numeric/imageShape.ts';
import { sizeOf } from '../numeric/ndarray.ts';
import { RandomStream } from '../numeric/random.ts';
import { constant } from '../tensor/tensor.ts';

/** Odd and even sides, H ≠ W, odd and even numbers of channels; few pixels, because Jacobians are dense. */
const shapes: ImageShape[] = [
  [5, 4, 1],
  [4, 6, 2],
  [3, 5, 3],
  [2, 2, 12],
];
/** Shapes that can be squeezed. */
const evenShapes: ImageShape[] = [
  [4, 6, 1],
  [6, 2, 3],
];
/** Pixels without neighbours, and as many channels as at the last level of a model. */
const manyChannels: ImageShape = [1, 2, 48];

/** Images of one row, of one column and of one pixel, where kernels have taps beyond the image. */
const narrow: ImageShape[] = [
  [1, 4, 3],
  [4, 1, 3],
  [1, 1, 2],
];

/** The layer that a mixing is named after: the last of its layers. */
export function layerOfMixing(
  name: Mixing,
  shape: ImageShape,
  options: MixingOptions = { kernelSize: 3, dilation: 1, hiddenChannels: 2 * shape[2] },
): Bijection {
  return Object.values(mixings[name].layers(shape, options)).at(-1)!;
}

/** Every layer by name, as a function of the image shape, and the shapes to test it on. */
const layers: Record<string, [(shape: ImageShape) => Bijection, ImageShape[]]> = {
  ...Object.fromEntries(
    mixingNames.map((name) => [
      name,
      [(shape: ImageShape) => layerOfMixing(name, shape), [...shapes, ...narrow, manyChannels]],
    ]),
  ),
  actnorm: [actnorm, shapes],
  'periodic, kernel 5': [(shape) => periodic(shape, { kernelSize: 5 }), [shapes[1]!, shapes[2]!]],
  'periodic, kernel 7': [(shape) => periodic(shape, { kernelSize: 7 }), [[5, 6, 1], shapes[2]!]],
  'maf, wide': [(shape) => maf(shape, { hiddenChannels: 6 * shape[2] }), shapes],
  'maf, narrow': [(shape) => maf(shape, { hiddenChannels: shape[2] }), [shapes[2]!, manyChannels]],
  'coupling, additive': [(shape) => couplingOf(shape, { width: 5, coupling: 'additive' }), shapes.slice(1)],
  'emerging, kernel 1': [(shape) => emerging(shape, { kernelSize: 1 }), [[2, 3, 3]]],
  'emerging, kernel 5': [(shape) => emerging(shape, { kernelSize: 5 }), [shapes[1]!, shapes[2]!]],
  'emerging, kernel 7': [(shape) => emerging(shape, { kernelSize: 7 }), [[5, 6, 1], shapes[2]!]],
  'emerging, dilation 2': [(shape) => emerging(shape, { dilation: 2 }), shapes],
  'emerging, kernel 5, dilation 2': [
    (shape) => emerging(shape, { kernelSize: 5, dilation: 2 }),
    [[5, 6, 1], shapes[2]!],
  ],
  'emerging, kernel beyond the image': [
    (shape) => emerging(shape, { kernelSize: 7, dilation: 2 }),
    [shapes[1]!, [1, 1, 3]],
  ],
  'convexp, kernel 5, large norm': [
    (shape) => convolutionExponential(shape, { kernelSize: 5, normBound: 4 }),
    [shapes[1]!, [1, 3, 3]],
  ],
  'finc, kernel 2': [(shape) => fourCorners(shape, { kernelSize: 2 }), [shapes[2]!, [1, 4, 7]]],
  'finc, kernel 5, dilation 2': [
    (shape) => fourCorners(shape, { kernelSize: 5, dilation: 2 }),
    [[5, 6, 1], shapes[2]!],
  ],
  'woodbury, small ranks': [
    (shape) => woodbury(shape, { channelRank: 1, spaceRank: 2 }),
    [shapes[1]!, shapes[2]!],
  ],
  'woodbury-me, small ranks': [
    (shape) => woodburyMe(shape, { channelRank: 2, spaceRank: 1 }),
    [shapes[1]!, shapes[2]!],
  ],
  'circulant, one diagonal': [(shape) => circulant(shape, { diagonals: 1 }), [shapes[2]!]],
  'circulant, four diagonals': [(shape) => circulant(shape, { diagonals: 4 }), [shapes[0]!, shapes[2]!]],
  coupling: [(shape) => couplingOf(shape, { width: 5 }), shapes.slice(1)],
  'coupling, spline': [(shape) => couplingOf(shape, { width: 5, coupling: 'spline' }), shapes.slice(1)],
  'coupling, spline of 3 bins': [
    (shape) =>
      coupling(shape, {
        conditioner: glowConditioner({ width: 5 }),
        transformer: spline({ bins: 3, bound: 0.5 }),
      }),
    [shapes[2]!, [1, 1, 2]],
  ],
  'coupling, with a floor of 0.3': [
    (shape) => couplingOf(shape, { width: 5, scaleFloor: 0.3 }),
    shapes.slice(1),
  ],
  'coupling, mixture': [(shape) => couplingOf(shape, { width: 5, coupling: 'mixture' }), shapes.slice(1)],
  'coupling, mixture of 1 and of 9': [
    (shape) =>
      chain('both', {
        one: couplingOf(shape, { width: 5, coupling: 'mixture', components: 1 }),
        nine: couplingOf(shape, { width: 5, coupling: 'mixture', components: 9 }),
      }),
    [shapes[2]!, [1, 1, 2]],
  ],
  'coupling, gated': [(shape) => couplingOf(shape, { width: 5, conditioner: 'gated' }), shapes.slice(1)],
  'coupling, gated without blocks': [
    (shape) => couplingOf(shape, { width: 3, conditioner: 'gated', blocks: 0 }),
    [shapes[2]!],
  ],
  'coupling, checkerboard': [
    (shape) => couplingOf(shape, { width: 5, mask: 'checkerboard' }),
    [...shapes, ...narrow.slice(0, 2), [3, 3, 1]],
  ],
  'coupling, the other checkerboard': [
    (shape) => couplingOf(shape, { width: 5 }, checkerboard({ keep: 1 })),
    [...shapes, ...narrow.slice(0, 2), [3, 3, 1]],
  ],
  'coupling, checkerboard, gated, mixture': [
    (shape) =>
      couplingOf(shape, { width: 4, conditioner: 'gated', coupling: 'mixture' }, checkerboard({ keep: 1 })),
    [shapes[0]!, shapes[1]!],
  ],
  'coupling, checkerboard, with a context': [
    (shape) =>
      inContext(
        coupling(shape, {
          mask: checkerboard(),
          conditioner: gatedConditioner({ width: 5, blocks: 1 }),
          context: contextImages(shape[2]),
        }),
      ),
    shapes.slice(0, 2),
  ],
  'coupling, narrow': [(shape) => couplingOf(shape, { width: 2 }), [shapes[2]!, shapes[3]!, [1, 4, 5]]],
  'coupling, with a context': [
    (shape) =>
      inContext(
        coupling(shape, { conditioner: glowConditioner({ width: 5 }), context: contextImages(shape[2]) }),
      ),
    shapes.slice(1),
  ],
  'coupling, on a torus': [
    (shape) => couplingOf(shape, { width: 5, boundary: 'periodic' }),
    [...shapes.slice(1), [1, 4, 3], [1, 1, 2]],
  ],
  'coupling, gated, on a torus': [
    (shape) => couplingOf(shape, { width: 4, conditioner: 'gated', boundary: 'periodic' }),
    [shapes[1]!, shapes[2]!],
  ],
  'coupling, checkerboard, on a torus': [
    (shape) => couplingOf(shape, { width: 5, boundary: 'periodic' }, checkerboard({ keep: 1 })),
    [shapes[0]!, shapes[1]!, [3, 3, 1]],
  ],
  'coupling, with a vector and images': [
    (shape) => {
      const scales = [{ mean: 0.5, deviation: 2 }];
      // Context images of twice the sides, squeezed.
      const whole: ImageShape = [2 * shape[0], 2 * shape[1], 1];
      const context = conditionContext({ vector: [...scales, ...scales], images: scales }, whole);
      return inContext(coupling(shape, { conditioner: glowConditioner({ width: 5 }), context }), {
        vector: [2],
        context: whole,
      });
    },
    shapes.slice(1, 3),
  ],
  'steps of variational noise': [
    (shape) => inContext(noiseSteps(shape, { steps: 2, width: 5, boundary: 'zero' })),
    [shapes[1]!, shapes[3]!],
  ],
  'steps of variational noise, on a torus': [
    (shape) => inContext(noiseSteps(shape, { steps: 1, width: 5, boundary: 'periodic' })),
    [shapes[1]!],
  ],
  squeeze: [squeeze, [...evenShapes, [2, 2, 12]]],
  chain: [step, evenShapes],
};

/** A layer given the same condition for each image; by default, a context image of the same shape. */
function inContext(layer: Bijection, shapes: ConditionShapes = { context: layer.inputShape }): Bijection {
  const random = new RandomStream(4, 'image');
  const condition: Condition = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      constant({ shape: [1, ...shape], data: random.normals(sizeOf(shape)) }),
    ]),
  );
  return {
    ...layer,
    forward: (x, p) => layer.forward(x, p, condition),
    inverse: (y, p) => layer.inverse(y, p, condition),
  };
}

/** Several layers in sequence, one of them within a nested chain. */
function step(shape: ImageShape): Bijection {
  const squeezed = squeeze(shape);
  const inner = squeezed.outputShape;
  const mixing = chain('mixing', { conv1x1: conv1x1(inner), emerging: emerging(inner) });
  return chain('step', {
    squeeze: squeezed,
    actnorm: actnorm(inner),
    mixing,
    coupling: couplingOf(inner, { width: 4 }),
  });
}

/** Every layer at every shape, as `[name and shape, layer]`. */
export function layerCases(): [string, Bijection][] {
  return Object.entries(layers).flatMap(([name, [make, at]]) =>
    at.map((shape): [string, Bijection] => [`${name} ${shape.join('x')}`, make(shape)]),
  );
}

export { randomParameters } from '../evaluation/bijections/randomParameters.ts';
