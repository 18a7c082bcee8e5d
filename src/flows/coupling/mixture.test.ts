// The mixture transformer far from zero and where densities have gaps: values, and an inverse to the last digits.
import { describe, expect, it } from 'vitest';
import type { NdArray } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { input } from '../../tensor/tensor.ts';
import { runOnce } from '../../testing/programValues.ts';
import { parametersFrom } from '../contract/parameters.ts';
import { mixture } from './mixture.ts';

/** A mixture as its numbers mean it. */
interface Mixture {
  readonly logits: readonly number[];
  /** The means, with what the transformer adds to the numbers. */
  readonly means: readonly number[];
  readonly logScales: readonly number[];
}

const logSigmoid = (z: number): number => Math.min(z, 0) - Math.log1p(Math.exp(-Math.abs(z)));

function logSumExp(values: readonly number[]): number {
  const largest = Math.max(...values);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

/** ln F, ln(1 − F) and ln f at x, by their definitions. */
function definition({ logits, means, logScales }: Mixture, x: number) {
  const weights = logits.map((logit) => logit - logSumExp(logits));
  const z = means.map((mean, k) => (x - mean) * Math.exp(-logScales[k]!));
  return {
    below: logSumExp(weights.map((weight, k) => weight + logSigmoid(z[k]!))),
    above: logSumExp(weights.map((weight, k) => weight + logSigmoid(-z[k]!))),
    density: logSumExp(
      weights.map((weight, k) => weight - logScales[k]! + logSigmoid(z[k]!) + logSigmoid(-z[k]!)),
    ),
  };
}

function mixtureLogit(mixture: Mixture, x: number): number {
  const { below, above } = definition(mixture, x);
  return below - above;
}

/** The x with a logit, by bisection. */
function quantile(mixture: Mixture, logit: number): number {
  const ends = mixture.means.map((mean, k) => mean + Math.exp(mixture.logScales[k]!) * logit);
  let [low, high] = [Math.min(...ends), Math.max(...ends)];
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    [low, high] = mixtureLogit(mixture, middle) > logit ? [low, middle] : [middle, high];
  }
  return (low + high) / 2;
}

const epsilons = { float32: 2 ** -23, float64: 2 ** -52 };
type Precision = keyof typeof epsilons;
const precisions = Object.keys(epsilons) as Precision[];

/** The transformer for one mixture per pixel, with shift 0 and a last scale of 1: sigmoid(t + 2) is 1 at t = 60. */
async function transformed(
  mixtures: readonly Mixture[],
  { x, y }: { readonly x: readonly number[]; readonly y: readonly number[] },
  precision: Precision,
) {
  const components = mixtures[0]!.logits.length;
  const count = 3 * components + 2;
  const { forward, inverse } = mixture({ components })([1, mixtures.length, 1]);
  const apart = Array.from({ length: components }, (_, k) => (2 * k - components + 1) / components);
  const numbers = mixtures.flatMap(({ logits, means, logScales }) => [
    ...logits,
    ...means.map((mean, k) => mean - apart[k]!),
    ...logScales,
    0,
    60,
  ]);
  const shape = [1, 1, mixtures.length, 1];
  const feeds = {
    x: { shape, data: Float64Array.from(x) },
    y: { shape, data: Float64Array.from(y) },
    numbers: { shape: [...shape.slice(0, 3), count], data: Float64Array.from(numbers) },
  };
  const inputs = {
    x: input('x', shape),
    y: input('y', shape),
    numbers: input('numbers', feeds.numbers.shape),
  };
  const none = parametersFrom({});
  const condition = { numbers: inputs.numbers };
  // One value at each pixel.
  const { y: values, logDetMap: logDerivative } = forward(inputs.x, none, condition);
  const outputs = { values, logDerivative: logDerivative!, back: inverse(inputs.y, none, condition) };
  const result = await runOnce({ inputs, outputs }, feeds, precision);
  return result as Record<'values' | 'logDerivative' | 'back', NdArray>;
}

/** Mixtures whose numbers float32 has too, after what is added to the means. */
function drawn(
  count: number,
  components: number,
  [spread, logScale, deviation]: readonly [number, number, number],
): Mixture[] {
  const random = new RandomStream(5, 'mixtures', components, logScale);
  const rounded = (value: number): number => Math.round(value * 1024) / 1024;
  return Array.from({ length: count }, () => ({
    logits: Array.from(random.normals(components), (value) => rounded(2 * value)),
    means: Array.from(random.normals(components), (value) => rounded(spread * value)),
    logScales: Array.from(random.normals(components), (value) =>
      Math.max(-7, rounded(logScale + deviation * value)),
    ),
  }));
}

const forms: [string, number, readonly [number, number, number]][] = [
  ['one component', 1, [1, 0, 1]],
  ['overlapping components', 4, [0.5, 0, 0.5]],
  ['scales from tiny to large', 4, [2, -1, 2]],
  ['narrow components with gaps between', 8, [2, -5, 2]],
];

describe.each(precisions)('in %s', (precision) => {
  const epsilon = epsilons[precision];

  it.each(forms)('has the values of the definition, far out too: %s', async (_, components, form) => {
    const mixtures = drawn(300, components, form);
    // In float64 the definition itself loses digits where terms are large.
    const reach = precision === 'float32' ? 1e12 : 3;
    const x = mixtures.map((_, index) => Math.fround(reach * Math.sin(index) ** 5));
    const { values, logDerivative } = await transformed(mixtures, { x, y: x }, precision);
    mixtures.forEach((sample, index) => {
      const { below, above, density } = definition(sample, x[index]!);
      const sharpest = Math.exp(-Math.min(...sample.logScales));
      // The effect of rounding only x on the logarithms, and on the definition's.
      const rounding = epsilon * (4 + Math.abs(x[index]!) * sharpest) + 2 ** -50 * Math.abs(density);
      const expected = below - above;
      expect(Math.abs(values.data[index]! - expected), `value ${index}`).toBeLessThan(
        8 * (rounding + epsilon * Math.abs(expected)),
      );
      const slope = density - below - above;
      expect(Math.abs(logDerivative.data[index]! - slope), `slope ${index}`).toBeLessThan(
        8 * (rounding + epsilon * Math.abs(slope)),
      );
    });
  });

  it('has a slope without rounding in the tails, where it is the widest component’s', async () => {
    const wideMixture = { logits: [0, 0.5], means: [-0.5, 0.5], logScales: [-6, -1] };
    const x = [-1e6, -1e4, -100, 100, 1e4, 1e6];
    const { logDerivative } = await transformed(
      x.map(() => wideMixture),
      { x, y: x },
      precision,
    );
    for (const value of logDerivative.data) {
      expect(Math.abs(value - 1)).toBeLessThan(4 * epsilon);
    }
  });

  it.each(forms)('has an inverse to the last digits: %s', async (_, components, form) => {
    const mixtures = drawn(600, components, form);
    const random = new RandomStream(6, 'logits');
    const y = Array.from(random.normals(mixtures.length), (value, index) =>
      Math.fround(index % 20 === 0 ? 400 * value : 2 * value),
    );
    const { back } = await transformed(mixtures, { x: y, y }, precision);
    mixtures.forEach((sample, index) => {
      const logit = y[index]!;
      const x = quantile(sample, logit);
      const { below, above, density } = definition(sample, x);
      // A last digit of x, of the logit, and of the logarithms that it is the difference of.
      const digit = epsilon * (Math.abs(x) + (1 + Math.abs(logit)) / Math.exp(density - below - above));
      expect(Math.abs(back.data[index]! - x), `value ${index}`).toBeLessThan(4 * digit);
    });
  });

  it('has an inverse to the last digits next to a component that is far wider, and hardly there', async () => {
    const skewedMixture = { logits: [-10, 10], means: [0, 0.3], logScales: [9, -5] };
    const y = [-6, -3, -0.5, 0.25, 2, 5];
    const { back } = await transformed(
      y.map(() => skewedMixture),
      { x: y, y },
      precision,
    );
    y.forEach((logit, index) => {
      expect(Math.abs(back.data[index]! - quantile(skewedMixture, logit)), `value ${index}`).toBeLessThan(
        4 * epsilon,
      );
    });
  });

  it('has finite values for finite numbers, however large', async () => {
    const mixtures = [
      { logits: [0, 200], means: [-1e3, 1e3], logScales: [-50, 30] },
      { logits: [-300, 300], means: [0, 0.5], logScales: [-7, -7] },
      { logits: [0, 0], means: [-1, 1], logScales: [-7, -7] },
      { logits: [0, 0], means: [-1, 1], logScales: [60, 60] },
    ];
    for (const value of [-1e12, -40, 0, 1e-30, 0.25, 1e12]) {
      const x = mixtures.map(() => value);
      const result = await transformed(mixtures, { x, y: x }, precision);
      for (const [name, { data }] of Object.entries(result)) {
        expect([...data].every(Number.isFinite), `${name} at ${value}: ${data}`).toBe(true);
      }
    }
  });
});

it('inverts the other values where one is not a number', async () => {
  const mixtures = drawn(40, 4, [1, -2, 1]);
  const y = mixtures.map((_, index) => Math.sin(index));
  const unbroken = await transformed(mixtures, { x: y, y }, 'float32');
  for (const brokenIndex of [0, 17]) {
    const broken = y.map((value, index) => (index === brokenIndex ? Number.NaN : value));
    const { back } = await transformed(mixtures, { x: y, y: broken }, 'float32');
    expect(back.data[brokenIndex]).toBeNaN();
    expect([...back.data].filter((_, index) => index !== brokenIndex)).toEqual(
      [...unbroken.back.data].filter((_, index) => index !== brokenIndex),
    );
  }
});

it('is refused with fewer than 1 component, more than 64, or a fraction of one', () => {
  for (const components of [0, 65, 1.5, Number.NaN]) {
    expect(() => mixture({ components })).toThrow(
      `mixture: components must be a whole number from 1 to 64, not ${components}`,
    );
  }
});
