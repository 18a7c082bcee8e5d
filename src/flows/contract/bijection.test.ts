// Chains: their order, the paths of their parameters, and the errors for parts that do not fit; and shares of pixels.
import { describe, expect, it } from 'vitest';
import type { ImageShape } from '../../core/numeric/arrays.ts';
import { evaluate } from '../../tensor/engine/program.ts';
import { reshape, transpose } from '../../tensor/operations/index.ts';
import { constant, input, OPEN_BATCH, sameShape } from '../../tensor/tensor.ts';
import { expectClose } from '../../testing/golden.ts';
import { layerCases } from '../../testing/layers.ts';
import { asConstants, asInputs, runOnce } from '../../testing/programValues.ts';
import { localParameters } from '../../testing/randomModel.ts';
import { checkBijection } from '../checks/checkBijection.ts';
import { randomImages } from '../checks/randomParameters.ts';
import { gatedConditioner } from '../coupling/gatedConditioner.ts';
import { checkerboard } from '../coupling/parts.ts';
import { spline } from '../coupling/spline.ts';
import { actnorm } from '../layers/actnorm.ts';
import { circulant } from '../layers/circulant.ts';
import { conv1x1 } from '../layers/conv1x1.ts';
import { convolutionExponential } from '../layers/convolutionExponential.ts';
import { emerging } from '../layers/emerging.ts';
import { fourCorners } from '../layers/fourCorners.ts';
import { reverse } from '../layers/permutation.ts';
import { squeeze } from '../layers/squeeze.ts';
import { woodbury, woodburyMe } from '../layers/woodbury.ts';
import { buildCoupling } from '../models/partRegistries.ts';
import { type Bijection, chain } from './bijection.ts';
import { parametersFrom, startingParameters } from './parameters.ts';

describe('chain', () => {
  it('names both neighbours that do not fit, by position, key and layer', () => {
    const parts = { first: actnorm([4, 6, 2]), small: squeeze([4, 6, 2]), mixing: conv1x1([4, 6, 2]) };
    expect(() => chain('step 3', parts)).toThrow(
      "chain 'step 3': part 3 (mixing: conv1x1) takes images 4x6x2, but part 2 (small: squeeze) returns 2x3x8",
    );
  });

  it('names a nested chain by its own name', () => {
    const inner = chain('inner', { squeeze: squeeze([4, 4, 1]) });
    expect(() => chain('outer', { a: inner, b: actnorm([4, 4, 1]) })).toThrow(
      "chain 'outer': part 2 (b: actnorm) takes images 4x4x1, but part 1 (a: inner) returns 2x2x4",
    );
  });

  it('needs at least one part', () => {
    expect(() => chain('empty', {})).toThrow("chain 'empty': needs at least one bijection");
  });

  it('applies the first part first, adds the log-determinants, and inverts in the opposite order', async () => {
    const layer = chain('two', { a: actnorm([1, 2, 1]), b: actnorm([1, 2, 1]) });
    expect(Object.keys(layer.parameters)).toEqual(['a/bias', 'a/logScale', 'b/bias', 'b/logScale']);
    const scalar = (value: number) => constant({ shape: [1], data: Float64Array.of(value) });
    const p = parametersFrom({
      'a/bias': scalar(1),
      'a/logScale': scalar(Math.log(2) / 3),
      'b/bias': scalar(10),
      'b/logScale': scalar(Math.log(0.5) / 3),
    });
    const x = constant({ shape: [1, 1, 2, 1], data: Float64Array.of(3, -5) });
    const forward = layer.forward(x, p);
    const [y, logDet, inverse] = await evaluate([forward.y, forward.logDet, layer.inverse(x, p)]);
    // a is x ↦ 2(x + 1), b is x ↦ (x + 10)/2, each on two pixels.
    [(2 * (3 + 1) + 10) / 2, (2 * (-5 + 1) + 10) / 2].forEach((value, index) => {
      expect(y!.data[index]).toBeCloseTo(value, 12);
    });
    [(2 * 3 - 10) / 2 - 1, (2 * -5 - 10) / 2 - 1].forEach((value, index) => {
      expect(inverse!.data[index]).toBeCloseTo(value, 12);
    });
    expect(logDet!.data[0]).toBeCloseTo(0, 12);
  });

  it('may turn images, or make them larger, before a layer whose log-determinant depends on the place', async () => {
    const small = squeeze([4, 6, 1]);
    const larger: Bijection = {
      ...small,
      name: 'larger',
      inputShape: small.outputShape,
      outputShape: small.inputShape,
      forward: (x, p) => ({ y: small.inverse(x, p), logDet: constant(0) }),
      inverse: (y, p) => small.forward(y, p).y,
    };
    const turned: Bijection = {
      name: 'turned',
      inputShape: [2, 3, 2],
      outputShape: [3, 2, 2],
      parameters: {},
      forward: (x) => ({ y: transpose(x, [0, 2, 1, 3]), logDet: constant(0) }),
      inverse: (y) => transpose(y, [0, 2, 1, 3]),
    };
    const layers = [
      chain('turning', { turned, coupling: buildCoupling([3, 2, 2], { conditioner: { width: 3 } }) }),
      chain('enlarging', {
        larger,
        squeeze: small,
        coupling: buildCoupling([2, 3, 4], { conditioner: { width: 3 } }),
        again: larger,
      }),
    ];
    for (const layer of layers) {
      expect((await checkBijection(layer)).problems).toEqual([]);
    }
  });

  it('reports a missing parameter by its full path', () => {
    const layer = chain('step', { inner: chain('mixing', { conv1x1: conv1x1([2, 2, 2]) }) });
    const x = input('x', [1, 2, 2, 2]);
    expect(() => layer.forward(x, parametersFrom({}))).toThrow("parameter 'inner/conv1x1/weight' is missing");
  });
});

describe('a part of a chain that breaks the contract', () => {
  const shape = [2, 3, 4] as const;
  const x = input('x', [5, ...shape]);
  const y = reshape(x, [5, 6, 4]);
  it.each([
    ['y of shape [5,2,3,4], not [5,6,4]', { y, logDet: constant(0) }],
    ['y of shape [5,2,3,4], not undefined', x],
    ['logDet of shape [] or [5], not undefined', { y: x }],
    ['logDet of shape [] or [5], not 0', { y: x, logDet: 0 }],
    ['logDet of shape [] or [5], not [5,2,3,4]', { y: x, logDet: x }],
  ])('is named: %s', (message, result) => {
    const wrong = { ...reverse(shape), name: 'mine', forward: () => result } as unknown as Bijection;
    const step = chain('step', { first: reverse(shape), second: wrong });
    expect(() => step.forward(x, parametersFrom({}))).toThrow(
      `chain 'step': part 2 (second: mine): forward must return ${message}`,
    );
  });
});

describe('layers reject invalid options', () => {
  it.each([
    ['squeeze: height and width must be even, not 4x3', () => squeeze([4, 3, 1])],
    ['coupling: needs at least 2 channels', () => buildCoupling([4, 4, 1], { conditioner: { width: 8 } })],
    ['emerging: the kernel size must be odd, not 4', () => emerging([4, 4, 1], { kernelSize: 4 })],
    ['emerging: the kernel size must be odd, not 2.5', () => emerging([4, 4, 1], { kernelSize: 2.5 })],
    ['emerging: the dilation must be 1 or more, not 0', () => emerging([4, 4, 1], { dilation: 0 })],
    ...[0, 2.5, Number.NaN].flatMap((rank) =>
      ([woodbury, woodburyMe] as const).flatMap((make) =>
        (['channelRank', 'spaceRank'] as const).map((option): [string, () => Bijection] => [
          `woodbury: ${option} must be a whole number of 1 or more, not ${rank}`,
          () => make([4, 4, 3], { [option]: rank }),
        ]),
      ),
    ),
    [
      'convexp: the kernel size must be odd, not 4',
      () => convolutionExponential([4, 4, 1], { kernelSize: 4 }),
    ],
    ...[0, -1, Number.NaN, 10.5, Number.POSITIVE_INFINITY].map((normBound): [string, () => Bijection] => [
      `convexp: the norm bound must be above 0 and at most 10, not ${normBound}`,
      () => convolutionExponential([4, 4, 1], { normBound }),
    ]),
    ['finc: the kernel size must be 1 or more, not 0', () => fourCorners([4, 4, 1], { kernelSize: 0 })],
    ['finc: the dilation must be 1 or more, not 1.5', () => fourCorners([4, 4, 1], { dilation: 1.5 })],
    ...[0, -1, 1.5].map((diagonals): [string, () => Bijection] => [
      `circulant: the number of diagonals must be 1 or more, not ${diagonals}`,
      () => circulant([4, 4, 2], { diagonals }),
    ]),
    ...[1, 2.5, 513].map((bins): [string, () => unknown] => [
      `spline: bins must be a whole number from 2 to 512, not ${bins}`,
      () => spline({ bins }),
    ]),
    ...[0, -4, Number.POSITIVE_INFINITY].map((bound): [string, () => unknown] => [
      `spline: bound must be a number above 0, not ${bound}`,
      () => spline({ bound }),
    ]),
    ...[-1, 1.5, Number.NaN].map((blocks): [string, () => unknown] => [
      `gated: blocks must be a whole number of 0 or more, not ${blocks}`,
      () => gatedConditioner({ width: 4, blocks }),
    ]),
    ...([0, 1] as const).map((keep): [string, () => unknown] => [
      'coupling: a checkerboard needs at least 2 pixels',
      () => checkerboard({ keep })([1, 1, 4]),
    ]),
  ])('%s', (message, make) => {
    expect(make).toThrow(message);
  });

  it('actnorm is not initialised from a batch of unknown size', () => {
    const x = input('x', [OPEN_BATCH, 2, 2, 3]);
    const tensors = { bias: input('bias', [3]), logScale: input('logScale', [3]) };
    const { parameters: start } = startingParameters(tensors);
    expect(() => actnorm([2, 2, 3]).forward(x, start)).toThrow(
      'actnorm: data-dependent initialisation needs a batch of known size, not [N, 2, 2, 3]',
    );
    expect(() => actnorm([2, 2, 3]).forward(x, parametersFrom(tensors))).not.toThrow();
  });
});

/**
 * The layers whose log-determinant depends on the place, at images of several pixels and channels: a single
 * channel that depends on nothing but itself is scaled by a constant. Not those that depend on conditions, which an image
 * filled with one pixel does not go with, not dense networks, which see all pixels, and not masks of pixels: checkerboards
 * have a test of their own.
 */
const cases = layerCases().filter(([name, layer]) => {
  if (
    name.includes('checkerboard') ||
    name.startsWith('coupling, a mask of') ||
    name.startsWith('coupling, dense') ||
    layer.conditions !== undefined
  ) {
    return false;
  }
  const { inputShape, outputShape, parameters } = layer;
  const { logDetMap } = layer.forward(input('x', [1, ...inputShape]), parametersFrom(asInputs(parameters)));
  const [height, width, channels] = inputShape;
  return logDetMap && sameShape(inputShape, outputShape) && height * width > 1 && channels > 1;
});

it('is about several layers', () => {
  expect(new Set(cases.map(([name]) => name.replace(/[ ,].*/, '')))).toEqual(new Set(['maf', 'coupling']));
});

it.each(cases)('%s', async (_, layer) => checkShares(layer, () => true));

it.each([0, 1] as const)('a checkerboard that keeps pixels of parity %i', async (keep) => {
  const shape: ImageShape = [3, 5, 2];
  const options = { conditioner: { width: 4 }, coupling: 'mixture' };
  await checkShares(
    buildCoupling(shape, options, checkerboard({ keep })),
    (pixel) => (Math.floor(pixel / shape[1]) + (pixel % shape[1])) % 2 !== keep,
  );
});

/**
 * Checks that the pixels that contribute have the share that each of them has in an image filled with the pixel, and the
 * others none.
 */
async function checkShares(layer: Bijection, contributes: (pixel: number) => boolean): Promise<void> {
  const [height, width, channels] = layer.inputShape;
  const area = height * width;
  const x = randomImages(1, layer.inputShape, 'x');
  const parameters = parametersFrom(asConstants(localParameters(layer.parameters)));
  // One image for every pixel, filled with it.
  const filled = {
    shape: [area, ...layer.inputShape],
    data: Float64Array.from({ length: area * area * channels }, (_, index) => {
      const pixel = Math.floor(index / (area * channels));
      return x.data[pixel * channels + (index % channels)]!;
    }),
  };
  const { logDetMap } = layer.forward(constant(x), parameters);
  const { logDet } = layer.forward(constant(filled), parameters);
  const shares = await runOnce({ inputs: {}, outputs: { logDetMap: logDetMap!, logDet } }, {}, 'float64');
  const pixels = Array.from({ length: area }, (_, pixel) => contributes(pixel));
  const contributing = pixels.filter(Boolean).length;
  const alone = Array.from(shares.logDet!.data, (value, pixel) => (pixels[pixel] ? value / contributing : 0));
  expectClose('shares', shares.logDetMap!.data, alone, 'float64');
  const different = alone.filter((_, pixel) => pixels[pixel]).map((value) => value.toFixed(6));
  expect(new Set(different).size).toBeGreaterThan(1);
}
