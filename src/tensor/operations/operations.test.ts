import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { countElements, type NdArray } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { largestDifference } from '../../core/numeric/statistics.ts';
import { runOnce } from '../../testing/programValues.ts';
import { describeOnGpu, onGpu } from '../../testing/webgpu.ts';
import { type CompileOptions, compile } from '../engine/program.ts';
import { gradients } from '../gradients/gradient.ts';
import { constant, input, OPEN_BATCH, type Tensor } from '../tensor.ts';
import { foldChannels, unfoldChannels } from './convolution.ts';
import { denseConvolution } from './denseConvolution.ts';
import * as op from './index.ts';
import { batchFirst, batchLast } from './layout.ts';

/** One call of an operation on inputs of these shapes; `positive` if its domain requires it. */
interface Case {
  shapes: number[][];
  build: (...x: Tensor[]) => Tensor;
  positive?: boolean;
  /** Whether it is an operation that graphs contain only after they are prepared for a CPU. */
  onlyOnCpu?: boolean;
}

const corners: op.Offset[] = [
  [0, 0],
  [0, 1],
  [2, 0],
  [-1, -3],
];

const unfoldLast = (how: Partial<Parameters<typeof unfoldChannels>[1]>): Case => ({
  onlyOnCpu: true,
  shapes: [[2, 4, 3, 2]],
  build: (x) => unfoldChannels(x, { offsets: corners, boundary: 'zero', ...how }),
});
const foldLast = (shape: number[], how: Partial<Parameters<typeof foldChannels>[1]>): Case => ({
  onlyOnCpu: true,
  shapes: [shape],
  build: (x) => foldChannels(x, { offsets: corners, boundary: 'zero', ...how }),
});

const cases: Record<string, Case> = {
  add: { shapes: [[2, 3], [3]], build: op.add },
  'add, broadcast both ways': {
    shapes: [
      [2, 1, 3],
      [4, 1],
    ],
    build: op.add,
  },
  subtract: { shapes: [[3], [2, 3]], build: op.subtract },
  multiply: {
    shapes: [
      [2, 3, 4],
      [1, 4],
    ],
    build: op.multiply,
  },
  divide: {
    shapes: [
      [2, 3],
      [2, 1],
    ],
    build: op.divide,
    positive: true,
  },
  negate: { shapes: [[5]], build: op.negate },
  exp: { shapes: [[5]], build: op.exp },
  log: { shapes: [[5]], build: op.log, positive: true },
  logAbs: { shapes: [[7]], build: op.logAbs },
  sqrt: { shapes: [[5]], build: op.sqrt, positive: true },
  abs: { shapes: [[7]], build: op.abs },
  sigmoid: { shapes: [[7]], build: op.sigmoid },
  logSigmoid: { shapes: [[7]], build: op.logSigmoid },
  tanh: { shapes: [[9]], build: op.tanh },
  softplus: { shapes: [[9]], build: op.softplus },
  sin: { shapes: [[9]], build: (x) => op.sin(op.multiply(x, 4)) },
  cos: { shapes: [[9]], build: (x) => op.cos(op.multiply(x, 4)) },
  atan: { shapes: [[9]], build: (x) => op.atan(op.multiply(x, 4)) },
  erf: { shapes: [[9]], build: op.erf },
  relu: { shapes: [[9]], build: op.relu },
  maximum: { shapes: [[2, 3], [3]], build: op.maximum },
  clip: { shapes: [[9]], build: (x) => op.clip(x, 0.5) },
  'greater and less': {
    shapes: [[9], [9]],
    build: (a, b) => op.add(op.multiply(op.greater(a, b), a), op.multiply(op.less(a, 0), op.exp(b))),
  },
  where: {
    shapes: [
      [2, 3],
      [2, 1],
    ],
    build: (a, b) => op.where(op.greater(a, b), op.exp(b), op.multiply(a, a)),
  },
  'where a value that is not chosen is not a number': {
    shapes: [[9]],
    build: (x) => op.where(op.greater(x, 0), op.log(op.add(x, 0.4)), op.multiply(x, 2)),
  },
  'max over all axes': { shapes: [[3, 4]], build: (x) => op.max(op.multiply(x, x)) },
  'max over the middle axis': { shapes: [[3, 4, 5]], build: (x) => op.max(x, [1]) },
  'max over leading axes': { shapes: [[3, 4, 5]], build: (x) => op.multiply(op.max(x, [0, 1]), 2) },
  'mean over the outer axes': { shapes: [[3, 4, 5]], build: (x) => op.mean(op.multiply(x, x), [0, 2]) },
  'softmax over the last axis': { shapes: [[3, 4]], build: (x) => op.softmax(x, 1) },
  'softmax over the first axis': { shapes: [[3, 4]], build: (x) => op.multiply(op.softmax(x, 0), x) },
  elu: { shapes: [[9]], build: op.elu },
  'elu of elu': { shapes: [[9]], build: (x) => op.elu(op.elu(x)) },
  'sum over leading axes': { shapes: [[3, 4, 5]], build: (x) => op.sum(x, [0, 1]) },
  'sum over trailing axes': { shapes: [[3, 4, 5]], build: (x) => op.multiply(op.sum(x, [1, 2]), 2) },
  'sum over the middle axis': { shapes: [[3, 4, 5]], build: (x) => op.sum(x, [1]) },
  'sum over all axes': { shapes: [[3, 4]], build: (x) => op.sum(op.multiply(x, x)) },
  reshape: { shapes: [[3, 4]], build: (x) => op.reshape(op.exp(x), [2, 6]) },
  transpose: { shapes: [[2, 3, 4]], build: (x) => op.transpose(x, [2, 0, 1]) },
  slice: { shapes: [[2, 5]], build: (x) => op.slice(x, 1, 1, 4) },
  'split and use all parts': {
    shapes: [[2, 5]],
    build: (x) => {
      const [a, b] = op.split(x, 1, [2, 3]);
      return op.concatenate([op.exp(b), op.multiply(a, 3), x], 1);
    },
  },
  'overlapping slices': {
    shapes: [[6]],
    build: (x) => op.add(op.slice(x, 0, 0, 4), op.multiply(op.slice(x, 0, 2, 6), 3)),
  },
  concatenate: {
    shapes: [
      [2, 1, 3],
      [2, 4, 3],
    ],
    build: (a, b) => op.concatenate([a, b], 1),
  },
  'pad with ones': { shapes: [[2, 3]], build: (x) => op.pad(x, 1, 1, 2, 1) },
  expand: { shapes: [[3, 1]], build: (x) => op.reshape(op.expand(x, [2, 3, 4]), [6, 4]) },
  reorder: { shapes: [[2, 4]], build: (x) => op.reorder(x, 1, [2, 0, 3, 1]) },
  flip: { shapes: [[2, 4, 3]], build: (x) => op.flip(x, 1) },
  product: {
    shapes: [
      [4, 3],
      [3, 5],
    ],
    build: (a, b) => op.product(a, b),
  },
  'product, left transposed': {
    shapes: [
      [3, 4],
      [3, 5],
    ],
    build: (a, b) => op.product(a, b, { transposeA: true }),
  },
  'product, right transposed': {
    shapes: [
      [4, 3],
      [5, 3],
    ],
    build: (a, b) => op.product(a, b, { transposeB: true }),
  },
  'product, both transposed': {
    shapes: [
      [3, 4],
      [5, 3],
    ],
    build: (a, b) => op.product(a, b, { transposeA: true, transposeB: true }),
  },
  'product, transpositions transposed': {
    shapes: [
      [4, 3],
      [3, 5],
    ],
    build: (a, b) => op.product(op.transpose(a), op.transpose(b), { transposeA: true, transposeB: true }),
  },
  'product with a bias per row': {
    shapes: [
      [4, 3],
      [3, 5],
      [4, 1],
    ],
    build: (a, b, bias) => op.product(a, b, { bias }),
  },
  'product with bias': { shapes: [[4, 3], [3, 5], [5]], build: (a, b, bias) => op.product(a, b, { bias }) },
  'product of scaled and shifted columns': {
    shapes: [[4, 2, 3], [3], [3], [3, 5], [5]],
    build: (x, shift, scale, b, bias) =>
      op.product(op.reshape(op.multiply(op.add(x, shift), scale), [8, 3]), b, { bias }),
  },
  'stacked product': {
    shapes: [
      [3, 2, 4],
      [3, 4, 5],
    ],
    build: op.stackedProduct,
  },
  'product with a row of a one-hot matrix': {
    shapes: [[3, 4]],
    build: (x) => op.product(x, op.oneHot(constant({ shape: [4], data: Float64Array.of(2, 0, 3, 1) }), 4)),
  },
  'unfold with wrap-around': { shapes: [[2, 4, 3, 2]], build: (x) => op.unfold(x, corners, 'wrap') },
  'fold with wrap-around': { shapes: [[2, 4, 3, 8]], build: (x) => op.fold(x, corners, 'wrap') },
  unfold: { shapes: [[2, 4, 3, 2]], build: (x) => op.unfold(x, corners) },
  fold: { shapes: [[2, 4, 3, 8]], build: (x) => op.fold(x, corners) },
  'unfold, batch last': unfoldLast({}),
  'unfold, batch last, with and without the inside': {
    ...unfoldLast({}),
    build: (x) =>
      op.concatenate(
        [true, false].map((inside) => unfoldChannels(x, { offsets: corners, boundary: 'zero', inside })),
        0,
      ),
  },
  'unfold with wrap-around, batch last': unfoldLast({ boundary: 'wrap' }),
  'unfold, batch last, one half of the pixels': unfoldLast({ halves: { height: 4, width: 3, written: 1 } }),
  'fold, batch last': foldLast([8, 4, 3, 2], {}),
  'fold with wrap-around, batch last': foldLast([8, 4, 3, 2], { boundary: 'wrap' }),
  'fold, batch last, from one half of the pixels to the other': foldLast([8, 1, 6, 2], {
    halves: { height: 4, width: 3, read: 0, written: 1 },
  }),
  'a dense convolution to fewer channels': {
    onlyOnCpu: true,
    shapes: [[3, 4, 3, 2], [9, 3, 2], [2]],
    build: (x, kernel, bias) => denseConvolution(x, kernel, { offsets: op.squareOffsets(3), bias }),
  },
  'a dense convolution to more channels, larger than the image': {
    onlyOnCpu: true,
    shapes: [
      [1, 2, 3, 2],
      [25, 1, 2],
    ],
    build: (x, kernel) => denseConvolution(x, kernel, { offsets: op.squareOffsets(5) }),
  },
  'every other pixel': { shapes: [[2, 3, 3, 2]], build: (x) => op.everyOther(x, 0) },
  'a convolution at every other pixel': {
    shapes: [
      [2, 3, 3, 2],
      [9, 3, 1],
    ],
    build: (x, kernel) =>
      op.everyOther(op.convolution(x, kernel, { offsets: op.squareOffsets(3), edge: true }), 1),
  },
  'batch last': { onlyOnCpu: true, shapes: [[2, 4, 3, 5]], build: (x) => op.exp(batchLast(x, [3, 1, 2, 0])) },
  'batch first': {
    onlyOnCpu: true,
    shapes: [[2, 4, 3, 5]],
    build: (x) => op.exp(batchFirst(x, [3, 1, 2, 0])),
  },
  'a number minus an image of one channel': { shapes: [[2, 3, 1]], build: (x) => op.subtract(1, op.exp(x)) },
  'an image of one channel divided by a number': {
    shapes: [[2, 3, 1], []],
    build: (x, divisor) => op.divide(x, divisor),
    positive: true,
  },
  logAbsDet: { shapes: [[4, 4]], build: (w) => op.logAbsDet(w) },
  'logAbsDet of a computed matrix': {
    shapes: [[4, 4]],
    build: (w) => op.logAbsDet(op.add(w, op.multiply(w, w))),
  },
  complexLogAbsDet: { shapes: [[2, 3, 4, 4]], build: (w) => op.complexLogAbsDet(w) },
  'complexLogAbsDet of one computed matrix': {
    shapes: [[2, 3, 3]],
    build: (w) => op.complexLogAbsDet(op.add(w, op.multiply(w, w))),
  },
  inverse: { shapes: [[4, 4]], build: (w) => op.inverse(op.exp(w)) },
  'inverse of a stack': {
    shapes: [[2, 3, 3]],
    build: (w) => op.inverse(op.add(w, op.multiply(op.identity(3), 4))),
  },
};

function randomArray(name: string, shape: number[], positive: boolean): NdArray {
  const data = new RandomStream(1, name, ...shape).normals(countElements(shape));
  return { shape, data: positive ? data.map((value) => Math.abs(value) + 0.3) : data };
}

describe.each(Object.entries(cases))('%s', (name, { shapes, build, positive = false, onlyOnCpu = false }) => {
  const arrays = shapes.map((shape, index) => randomArray(`${name} ${index}`, shape, positive));
  const x = shapes.map((shape, index) => input(`x${index}`, shape));
  const y = build(...x);
  const weight = constant(randomArray('weight', [...y.shape], false));
  const scalar = op.sum(op.multiply(y, weight));
  const inputs = Object.fromEntries(x.map((tensor, index) => [`x${index}`, tensor]));
  const feed = (values: NdArray[]) => Object.fromEntries(values.map((value, index) => [`x${index}`, value]));
  const withGradients = {
    inputs,
    outputs: {
      scalar,
      y,
      ...Object.fromEntries(gradients(scalar, x, constant(1)).map((g, index) => [`g${index}`, g])),
    },
  };

  it('has a gradient that matches central differences', async () => {
    const program = await compile(withGradients, { precision: 'float64' });
    const result = await program.run(feed(arrays));
    for (const [index, array] of arrays.entries()) {
      for (let element = 0; element < array.data.length; element++) {
        const evaluateMoved = async (delta: number) => {
          const moved = { ...array, data: array.data.slice() };
          moved.data[element]! += delta;
          const values = await program.run(feed(arrays.with(index, moved)));
          return values.scalar!.data[0]!;
        };
        const h = 1e-5;
        const numeric = (await evaluateMoved(h)) - (await evaluateMoved(-h));
        expect(result[`g${index}`]!.data[element]).toBeCloseTo(numeric / (2 * h), 6);
      }
    }
    await program.release();
  });

  const expectSame = async (options: CompileOptions, tolerance: number): Promise<void> => {
    const [program, reference] = [
      await compile(withGradients, options),
      await compile(withGradients, { precision: 'float64' }),
    ];
    const [actual, expected] = [await program.run(feed(arrays)), await reference.run(feed(arrays))];
    for (const [output, { data, shape }] of Object.entries(expected)) {
      expect(actual[output]!.shape).toEqual([...shape]);
      const size = Math.max(1, ...data.map(Math.abs));
      data.forEach((value, index) => {
        expect(Math.abs(value - actual[output]!.data[index]!)).toBeLessThan(tolerance * size);
      });
    }
    await Promise.all([program.release(), reference.release()]);
  };

  it('matches float64 in float32', async () => expectSame({}, 1e-5));

  it('matches it in WebAssembly', async () => {
    await expectSame({ device: 'wasm' }, 1e-5);
    await expectSame({ device: 'wasm', precision: 'float64' }, 1e-13);
  });

  if (!onlyOnCpu) {
    describeOnGpu('webgpu', () => {
      it('matches it without the CPU', async () => expectSame(onGpu, 2e-5));
    });
  }
});

it('are all in the table of docs/tensor.md', () => {
  const text = readFileSync(new URL('../../../docs/tensor.md', import.meta.url), 'utf8');
  expect(Object.keys(op).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

describe('the host reference of an elementwise operation', () => {
  const elementwise = Object.entries(op).flatMap(([name, make]) =>
    'operation' in make && make.operation.evaluate ? [[name, make, make.operation.evaluate] as const] : [],
  );
  const numbers = [-3.5, -0.2, 0.4, 2.75];

  it.each(elementwise)('%s is what the runtime computes', async (_, make, evaluate) => {
    const pairs = numbers.flatMap((a) => numbers.map((b) => [a, b]));
    const operands = [0, 1].slice(0, evaluate.length === 1 ? 1 : 2).map((operand) => ({
      shape: [pairs.length],
      data: Float64Array.from(pairs, (pair) => pair[operand]!),
    }));
    const x = operands.map(({ shape }, index) => input(`x${index}`, shape));
    const y = (make as (...inputs: Tensor[]) => Tensor)(...x);
    const inputs = Object.fromEntries(x.map((tensor, index) => [`x${index}`, tensor]));
    const feeds = Object.fromEntries(operands.map((operand, index) => [`x${index}`, operand]));
    const computed = await runOnce({ inputs, outputs: { y } }, feeds, 'float64');
    pairs.forEach((_pair, index) => {
      const expected = evaluate(...operands.map(({ data }) => data[index]!));
      const value = computed.y!.data[index]!;
      expect(Object.is(value, expected) || Math.abs(value - expected) <= 1e-12 * Math.abs(expected)).toBe(
        true,
      );
    });
  });

  it('exists for all of them', () => {
    expect(elementwise.map(([name]) => name)).toEqual(expect.arrayContaining(['add', 'logSigmoid', 'relu']));
  });
});

describe('fixedPoint', () => {
  it.each(['float32', 'float64'] as const)('iterates until nothing changes, in %s', async (precision) => {
    // The fixed point of x ← (x + a/x)/2 is √a.
    const a = input('a', [3]);
    const root = op.fixedPoint(a, 100, (x) => op.multiply(op.add(x, op.divide(a, x)), 0.5));
    const twice = op.multiply(root, op.exp(op.multiply(a, 0)));
    const program = await compile({ inputs: { a }, outputs: { root, twice } }, { precision });
    const { root: roots, twice: after } = await program.run({
      a: { shape: [3], data: Float64Array.of(4, 2, 100) },
    });
    [2, Math.SQRT2, 10].forEach((value, index) => {
      expect(roots!.data[index]).toBeCloseTo(value, precision === 'float32' ? 6 : 14);
      expect(after!.data[index]).toBe(roots!.data[index]);
    });
    await program.release();
  });

  it.each(['float32', 'float64'] as const)('iterates past what is not a number, in %s', async (precision) => {
    const [a, start] = [input('a', [4]), input('start', [4])];
    const root = op.fixedPoint(start, 100, (x) => op.multiply(op.add(x, op.divide(a, x)), 0.5));
    const program = await compile({ inputs: { a, start }, outputs: { root } }, { precision });
    for (const brokenIndex of [0, 2]) {
      const data = Float64Array.of(4, 4, 4, 4);
      data[brokenIndex] = Number.NaN;
      const ones = { shape: [4], data: new Float64Array(4).fill(1) };
      const { root: roots } = await program.run({ a: { shape: [4], data }, start: ones });
      expect([...roots!.data]).toEqual([0, 1, 2, 3].map((index) => (index === brokenIndex ? Number.NaN : 2)));
    }
    await program.release();
  });

  it('does not exceed its limit', async () => {
    const start = input('start', [1]);
    const outputs = { x: op.fixedPoint(start, 7, (x) => op.add(x, 1)) };
    const zero = { shape: [1], data: Float64Array.of(0) };
    const { x } = await runOnce({ inputs: { start }, outputs }, { start: zero }, 'float32');
    expect(x!.data[0]).toBe(7);
  });

  it('rejects a step that changes the shape, or ignores its argument', () => {
    const x = input('x', [2, 3]);
    expect(() => op.fixedPoint(x, 5, (state) => op.sum(state, [1]))).toThrow(
      'fixedPoint([2, 3]): an iteration returns [2]',
    );
    expect(() => op.fixedPoint(x, 5, () => x)).toThrow('the step does not depend on its argument');
  });
});

describe('with an open batch', () => {
  it.each<[string, (x: Tensor) => Tensor]>([
    [
      'sum over leading axes, followed by the batch axis',
      (x) => op.sum(op.transpose(x, [1, 2, 0, 3]), [0, 1]),
    ],
    ['sum over the batch', (x) => op.sum(x, [0])],
    ['gradient of a sum over everything', (x) => gradients(op.sum(op.exp(x)), [x], constant(1))[0]!],
    ['gradient of a plain sum', (x) => op.add(gradients(op.sum(x), [x], constant(1))[0]!, op.multiply(x, 0))],
    ['unfold and fold', (x) => op.fold(op.unfold(x, corners), corners)],
    ['reorder', (x) => op.reorder(x, 3, [1, 0])],
    [
      'a convolution of twice the images',
      (x) =>
        op.convolution(op.concatenate([x, x], 0), constant(randomArray('kernel', [4, 2, 3], false)), {
          offsets: corners,
        }),
    ],
    ['mean over the batch and the rows', (x) => op.mean(op.exp(x), [0, 1])],
    ['gradient of a mean', (x) => gradients(op.mean(op.exp(x)), [x], constant(1))[0]!],
    ['max over the batch, and its gradient', (x) => gradients(op.sum(op.max(x, [0])), [x], constant(1))[0]!],
    ['max and softmax of channels', (x) => op.multiply(op.softmax(x, 3), op.sum(op.max(x, [3])))],
    [
      'an image for the whole batch',
      (x) => op.expand(constant(randomArray('shared', [4, 3, 1], false)), x.shape, op.slice(x, 3, 1, 2)),
    ],
    [
      'an image for the whole batch, between convolutions',
      (x) => {
        const sliced = op.slice(op.pointwise(x, constant(randomArray('w', [2, 3], false))), 3, 0, 1);
        const shared = constant(randomArray('shared', [1, 4, 3, 1], false));
        const images = op.concatenate([op.expand(shared, sliced.shape, sliced), x], 3);
        return op.convolution(images, constant(randomArray('kernel', [4, 3, 3], false)), {
          offsets: corners,
        });
      },
    ],
    ['where', (x) => op.where(op.greater(x, op.slice(x, 3, 0, 1)), op.tanh(x), op.atan(x))],
    ['indices as rows', (x) => op.oneHot(op.reshape(op.greater(x, 0), [x.shape[0]! * 24]), 3)],
    ['sum per image', (x) => op.sum(op.pointwise(x, constant(randomArray('w', [2, 3], false))), [1, 2, 3])],
  ])('%s matches a closed one', async (_, build) => {
    const array = randomArray('open', [3, 4, 3, 2], false);
    const closed = input('x', [3, 4, 3, 2]);
    const open = input('x', [OPEN_BATCH, 4, 3, 2]);
    const [expected, actual] = await Promise.all(
      [closed, open].map((x) =>
        runOnce({ inputs: { x }, outputs: { y: build(x) } }, { x: array }, 'float64'),
      ),
    );
    expect(actual!.y!.shape).toEqual(expected!.y!.shape);
    expected!.y!.data.forEach((value, index) => {
      expect(actual!.y!.data[index]).toBeCloseTo(value, 12);
    });
  });
});

it('reorder leaves infinities in their places', async () => {
  const x = input('x', [2, 3]);
  const values = { shape: [2, 3], data: Float64Array.of(1, -Infinity, 2, 3, 4, Infinity) };
  const { y } = await runOnce({ inputs: { x }, outputs: { y: op.flip(x, 1) } }, { x: values }, 'float32');
  expect([...y!.data]).toEqual([2, -Infinity, 1, Infinity, 4, 3]);
});

describe('product', () => {
  it('keeps small variations around a mean in float32, after a shift and a scale', async () => {
    const random = new RandomStream(5, 'flat');
    const shape = [64, 4];
    const x = { shape, data: random.normals(256).map((value) => Math.fround(0.4 + 1e-3 * value)) };
    const w = randomArray('w', [4, 4], false);
    const image = input('x', shape);
    const normalised = op.multiply(
      op.add(image, constant({ shape: [4], data: new Float64Array(4).fill(Math.fround(-0.4)) })),
      constant({ shape: [4], data: new Float64Array(4).fill(1000) }),
    );
    const definition = { inputs: { x: image }, outputs: { y: op.product(normalised, constant(w)) } };
    const { y: single } = await runOnce(definition, { x }, 'float32');
    const { y: double } = await runOnce(definition, { x }, 'float64');
    expect(largestDifference(single!.data, double!.data)).toBeLessThan(1e-5);
  });
});
