// Deliberately wrong layers: each check of the contract finds and reports its kind of error.
import { describe, expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import type { ImageShape } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import {
  add,
  divide,
  exp,
  flip,
  logAbsDet,
  multiply,
  negate,
  product,
  reshape,
  slice,
  sqrt,
  subtract,
  sum,
} from '../../tensor/operations/index.ts';
import { apply, constant, isOpen, type Operation, type Tensor } from '../../tensor/tensor.ts';
import { type Bijection, chain } from '../contract/bijection.ts';
import type { Parameters } from '../contract/parameters.ts';
import { actnorm } from '../layers/actnorm.ts';
import { conv1x1 } from '../layers/conv1x1.ts';
import { emerging } from '../layers/emerging.ts';
import { buildCoupling } from '../models/partRegistries.ts';
import { checkBijection } from './checkBijection.ts';

const shape: ImageShape = [4, 3, 2];
const pixels = 12;

type Forward = ReturnType<Bijection['forward']>;

/** A layer that returns something else. */
function withForward(
  layer: Bijection,
  change: (result: Forward, x: Tensor, p: Parameters) => Partial<Forward>,
): Bijection {
  return {
    ...layer,
    forward: (x, p) => {
      const result = layer.forward(x, p);
      return { ...result, ...change(result, x, p) };
    },
  };
}

/** A layer that reports a different log-determinant. */
const withLogDet = (
  layer: Bijection,
  change: (logDet: Tensor, x: Tensor, p: Parameters) => Tensor,
): Bijection => withForward(layer, ({ logDet }, x, p) => ({ logDet: change(logDet, x, p) }));

/** y = x·e^scale per channel. */
const scaling: Bijection = {
  name: 'scaling',
  inputShape: shape,
  outputShape: shape,
  parameters: { scale: { shape: [2], trained: true, initial: () => new Float64Array(2) } },
  forward: (x, p) => ({ y: multiply(x, exp(p.get('scale'))), logDet: multiply(sum(p.get('scale')), pixels) }),
  inverse: (y, p) => multiply(y, exp(negate(p.get('scale')))),
};

/** The identity with a custom gradient. */
function identityOperation(gradient: Operation<undefined>['gradient']): (x: Tensor) => Tensor {
  const operation: Operation<undefined> = {
    name: 'same',
    shape: ([x]) => x!,
    nodes: (emit, _, [x]) => emit.node('Identity', [x!]),
    ...(gradient && { gradient }),
  };
  return (x) => apply(operation, [x], undefined) as Tensor;
}

async function listProblems(layer: Bijection): Promise<string[]> {
  const { ok, problems } = await checkBijection(layer, { threads: 1 });
  expect(ok).toBe(problems.length === 0);
  return problems.map(({ what: check }) => check);
}

describe('checkBijection', () => {
  it('finds no problems in a correct layer, and reports its measurements', async () => {
    const { ok, problems, checks } = await checkBijection(scaling, { threads: 1 });
    expect(problems).toEqual([]);
    expect(ok).toBe(true);
    const measured = checks.map(({ what: check }) => check);
    for (const check of [
      'inverse(forward(x))',
      'forward(inverse(y))',
      'logDet of image 2 against its Jacobian',
      'gradient of x',
      'gradient of scale',
      'y of an image when another changes',
      'y in float32',
      'y of a single image',
    ]) {
      expect(measured).toContain(check);
    }
  });

  const wrongLogDets: Record<string, Bijection> = {
    'its sign': withLogDet(scaling, negate),
    'a factor': withLogDet(scaling, (logDet) => multiply(logDet, 3)),
    'the number of pixels': withLogDet(scaling, (_, __, p) => sum(p.get('scale'))),
    'a constant': withLogDet(scaling, (logDet) => add(logDet, 1e-6)),
    'the image': withLogDet(buildCoupling(shape, { conditioner: { width: 4 } }), (logDet) =>
      multiply(logDet, 0.999),
    ),
  };
  it.each(Object.entries(wrongLogDets))('finds a log-determinant wrong in %s', async (_, layer) => {
    expect(await listProblems(layer)).toEqual(
      expect.arrayContaining([0, 1, 2].map((image) => `logDet of image ${image} against its Jacobian`)),
    );
  });

  it('finds a single log-determinant where each image has its own', async () => {
    const layer = buildCoupling(shape, { conditioner: { width: 4 } });
    const first = withLogDet(layer, (logDet) => divide(sum(logDet), 3));
    const problems = await listProblems(first);
    expect(problems).toContain('logDet of image 0 against its Jacobian');
    expect(problems).toContain('logDet of an image when another changes');
  });

  it('finds a wrong log-determinant along random directions for large images', async () => {
    const large: ImageShape = [27, 10, 3];
    expect(await listProblems(emerging(large))).toEqual([]);
    const wrong = withLogDet(emerging(large), (logDet) => divide(logDet, 16));
    expect(await listProblems(wrong)).toEqual(
      [0, 1, 2].map((image) => `logDet of image ${image} against random directions`),
    );
  });

  it('finds a map of the log-determinant that does not add up to it, or has another shape', async () => {
    const layer = buildCoupling(shape, { conditioner: { width: 4 } });
    const withMap = (change: (map: Tensor) => Tensor): Bijection =>
      withForward(layer, ({ logDetMap }) => ({ logDetMap: change(logDetMap!) }));
    expect(await listProblems(withMap((map) => map))).toEqual([]);
    expect(await listProblems(withMap((map) => multiply(map, 1.001)))).toEqual([
      'sum of logDetMap against logDet',
    ]);
    expect(await listProblems(withMap((map) => sum(map, [1])))).toEqual([
      'shape of logDetMap: [3, 3], expected [3, 4, 3]',
    ]);
    expect(await listProblems(withMap((map) => flip(map, 0)))).toContain(
      'logDetMap of an image when another changes',
    );
  });

  it('finds a wrong inverse, and one that is correct only at the initial parameters', async () => {
    const noInverse: Bijection = { ...scaling, inverse: (y) => y };
    expect(await listProblems(noInverse)).toEqual(['inverse(forward(x))', 'forward(inverse(y))']);
    const halfway: Bijection = {
      ...scaling,
      inverse: (y, p) => multiply(y, exp(multiply(p.get('scale'), -1.001))),
    };
    expect(await listProblems(halfway)).toEqual(['inverse(forward(x))', 'forward(inverse(y))']);
    const layer = actnorm(shape);
    const shifted: Bijection = { ...layer, inverse: (y, p) => add(layer.inverse(y, p), 1e-6) };
    expect(await listProblems(shifted)).toContain('inverse(forward(x)) at the start');
  });

  it('finds images that leak into one another', async () => {
    const mean = (x: Tensor) => divide(sum(x, [0, 1, 2]), isOpen(x.shape) ? pixels : pixels * x.shape[0]!);
    const leaking = withForward(scaling, ({ y }, x) => ({ y: add(y, multiply(mean(x), 1e-3)) }));
    const problems = await listProblems(leaking);
    expect(problems).toContain('y of an image when another changes');
    const turned: Bijection = { ...scaling, inverse: (y, p) => scaling.inverse(flip(y, 0), p) };
    expect(await listProblems(turned)).toEqual(
      expect.arrayContaining(['inverse of an image when another changes', 'inverse(forward(x))']),
    );
  });

  it('finds what depends on the batch size', async () => {
    const perImage = withForward(scaling, ({ y }, x) => ({ y: isOpen(x.shape) ? add(y, 1) : y }));
    expect(await listProblems(perImage)).toEqual(['y with an open batch', 'y of a single image']);
  });

  it('finds a wrong gradient through a custom operation, and does not blame the log-determinant', async () => {
    const mine = identityOperation((_, g) => [multiply(g, 0.99)]);
    const ofImage: Bijection = { ...scaling, forward: (x, p) => scaling.forward(mine(x), p) };
    expect(await listProblems(ofImage)).toEqual(['gradient of x']);
    const ofParameter: Bijection = {
      ...scaling,
      forward: (x, p) => scaling.forward(x, { ...p, get: (path) => mine(p.get(path)) }),
    };
    expect(await listProblems(ofParameter)).toEqual(['gradient of scale']);
  });

  it('finds an operation without a gradient, and a parameter without an effect', async () => {
    const mine = identityOperation(undefined);
    const layer: Bijection = { ...scaling, forward: (x, p) => scaling.forward(mine(x), p) };
    expect(await listProblems(layer)).toEqual(['gradients: the operation same has no gradient']);
    const idle: Bijection = {
      ...scaling,
      parameters: {
        ...scaling.parameters,
        idle: { shape: [3], trained: true, initial: () => new Float64Array(3) },
      },
    };
    expect(await listProblems(idle)).toEqual(['gradient of idle that is zero everywhere']);
    expect((await checkBijection(idle, { withoutEffect: ['idle'], threads: 1 })).problems).toEqual([]);
  });

  it('finds masked elements that take part', async () => {
    const mask = Float64Array.of(1, 0);
    const unmasked: Bijection = {
      ...scaling,
      parameters: { scale: { ...scaling.parameters.scale!, mask: () => mask } },
    };
    const parameters = { scale: { shape: [2], data: Float64Array.of(0.3, -0.2) } };
    const { problems } = await checkBijection(unmasked, { parameters, threads: 1 });
    expect(problems.map(({ what: check }) => check)).toEqual(
      expect.arrayContaining([
        'masked elements of scale that have a gradient',
        'effect of masked elements on y',
      ]),
    );
  });

  it('finds NaN, in values and in initial values', async () => {
    const root = withForward(scaling, (_, x) => ({ y: sqrt(x) }));
    expect(await listProblems(root)).toEqual(['values of y that are not finite']);
    const singular: Bijection = {
      ...conv1x1(shape),
      parameters: { weight: { shape: [2, 2], trained: true, initial: () => new Float64Array(4) } },
    };
    expect(await listProblems(singular)).toEqual(
      expect.arrayContaining([
        'inverse(forward(x)) at the start',
        'values of logDet at the start that are not finite',
      ]),
    );
    const { scale } = scaling.parameters;
    const initial = () => Float64Array.of(Number.NaN, 0);
    expect(await listProblems({ ...scaling, parameters: { scale: { ...scale!, initial } } })).toContain(
      'start values of scale that are not finite',
    );
  });

  it('finds what float32 cannot represent', async () => {
    const cancelling: Bijection = {
      ...scaling,
      forward: (x, p) => scaling.forward(subtract(add(x, 1e4), 1e4), p),
    };
    const problems = await listProblems(cancelling);
    expect(problems).toContain('y in float32');
    expect(problems).not.toContain('inverse(forward(x))');
  });

  it('finds wrong shapes, and initial values that depend on more than the seed', async () => {
    const half = withForward(scaling, (_, x) => ({ y: slice(x, 3, 0, 1) }));
    expect(await listProblems(half)).toEqual(['shape of y: [3, 4, 3, 1], expected [3, 4, 3, 2]']);
    const perPixel = withLogDet(scaling, (_, x) => sum(x, [3]));
    expect(await listProblems(perPixel)).toEqual(['shape of logDet: [3, 4, 3], expected [3]']);
    const smaller: Bijection = { ...scaling, inverse: (y) => reshape(y, [...y.shape.slice(0, 3), 2, 1]) };
    expect(await listProblems(smaller)).toEqual(['shape of inverse: [3, 4, 3, 2, 1], expected [3, 4, 3, 2]']);
    const { scale } = scaling.parameters;
    let draws = 0;
    const moody = { ...scale!, initial: () => new Float64Array(2).fill(draws++) };
    expect(await listProblems({ ...scaling, parameters: { scale: moody } })).toEqual([
      'start values of scale redrawn with the same seed',
    ]);
    const short = { ...scale!, initial: () => new Float64Array(1) };
    expect(await listProblems({ ...scaling, parameters: { scale: short } })).toEqual([
      'missing or extra start values of scale',
    ]);
  });

  it('reports what a layer throws', async () => {
    const misspelt: Bijection = { ...scaling, inverse: (y, p) => divide(y, exp(p.get('scales'))) };
    expect(await listProblems(misspelt)).toEqual(["building the graph: parameter 'scales' is missing"]);
    const unfit: Bijection = { ...scaling, forward: (x) => ({ y: product(x, x), logDet: constant(0) }) };
    expect((await listProblems(unfit))[0]).toMatch(/^building the graph: product\(\[3, 4, 3, 2\]/);
    const square = withLogDet(scaling, (_, x) => logAbsDet(x));
    expect((await listProblems(square))[0]).toMatch(/must be square/);
  });

  it('accepts parameters of a trained layer, and a chain', async () => {
    const parameters = { scale: { shape: [2], data: Float64Array.of(2, -1) } };
    expect((await checkBijection(scaling, { parameters, images: 2, threads: 1 })).ok).toBe(true);
    const wrong = chain('wrong', { actnorm: actnorm(shape), mine: withLogDet(scaling, negate) });
    expect(await listProblems(wrong)).toContain('logDet of image 0 against its Jacobian');
  });

  it('refuses options that do not fit the layer', async () => {
    const random = new RandomStream(0, 'test');
    const array = { shape: [3], data: random.normals(3) };
    await expect(checkBijection(scaling, { parameters: { scale: array } })).rejects.toThrow(
      "the parameter 'scale' of scaling: expected [2], given [3]",
    );
    await expect(checkBijection(scaling, { parameters: { other: array } })).rejects.toThrow(UserError);
    await expect(checkBijection(scaling, { images: 1 })).rejects.toThrow('2 or more, not 1');
    await expect(checkBijection(scaling, { withoutEffect: ['x'] })).rejects.toThrow("'x', which scaling");
  });
});
