// The known truth of the benchmark against slower formulas, and the whole benchmark on small fields.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/engine/program.ts';
import { decompose, invert, logAbsDeterminantOf } from '../../src/numeric/lu.ts';
import { RandomStream } from '../../src/numeric/random.ts';
import { mean, standardErrorOfMean } from '../../src/numeric/statistics.ts';
import { input } from '../../src/tensor/tensor.ts';
import { drawFields, exactDensities, fieldKinds } from './fieldSets.ts';
import { fieldOf, modesOf } from './fourier.ts';
import { chainMean, metropolisMagnetisation } from './metropolis.ts';
import { phi4Action, phi4Value, testPoint } from './phi4.ts';
import { drawField, exactDensity, fisherInformation, powerOf } from './spectrum.ts';

const SIDE = 4;
const AREA = SIDE * SIDE;
const law = { amplitude: 0.8, slope: 2.3 };
const field = new RandomStream(1).normals(AREA);

/** The covariance of a field, site by site: (1/N) Σₖ P(k)·cos(k·(x − y)). */
function covariance(): Float64Array {
  const power = powerOf(SIDE, law);
  return Float64Array.from({ length: AREA * AREA }, (_, pair) => {
    const [a, b] = [Math.floor(pair / AREA), pair % AREA];
    const [down, right] = [Math.floor(a / SIDE) - Math.floor(b / SIDE), (a % SIDE) - (b % SIDE)];
    return power.reduce((sum, value, k) => {
      const phase = (2 * Math.PI * (Math.floor(k / SIDE) * down + (k % SIDE) * right)) / SIDE;
      return sum + (value * Math.cos(phase)) / AREA;
    }, 0);
  });
}

describe('the Fourier transform', () => {
  it('is the unitary one, and is inverted', () => {
    const { re, im } = modesOf(field, SIDE);
    for (const [u, v] of [
      [0, 0],
      [1, 0],
      [2, 3],
      [3, 1],
    ] as const) {
      const sumOf = (part: (phase: number) => number): number =>
        field.reduce((sum, value, site) => {
          const phase = (-2 * Math.PI * (u * Math.floor(site / SIDE) + v * (site % SIDE))) / SIDE;
          return sum + (value * part(phase)) / SIDE;
        }, 0);
      expect(re[u * SIDE + v]).toBeCloseTo(sumOf(Math.cos), 12);
      expect(im[u * SIDE + v]).toBeCloseTo(sumOf(Math.sin), 12);
    }
    fieldOf({ re, im }, SIDE).forEach((value, site) => {
      expect(value).toBeCloseTo(field[site]!, 12);
    });
  });
});

describe('a Gaussian field', () => {
  it('has the log-density of its covariance matrix', () => {
    const decomposed = decompose(covariance(), AREA);
    const inverse = invert(decomposed);
    const energy = field.reduce(
      (sum, a, i) => sum + a * field.reduce((row, b, j) => row + inverse[i * AREA + j]! * b, 0),
      0,
    );
    const expected = -0.5 * (energy + logAbsDeterminantOf(decomposed) + AREA * Math.log(2 * Math.PI));
    expect(exactDensity(field, SIDE, law).logDensity).toBeCloseTo(expected, 9);
  });

  it('has the score of central differences', () => {
    const { score } = exactDensity(field, SIDE, law);
    (['amplitude', 'slope'] as const).forEach((name, parameter) => {
      const at = (step: number): number =>
        exactDensity(field, SIDE, { ...law, [name]: law[name] + step }).logDensity;
      expect(score[parameter]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 5);
    });
  });

  it('has the Fisher information ½ tr(C⁻¹·∂C·C⁻¹·∂C), in its eigenvalues P(k)', () => {
    const derivative = (name: 'amplitude' | 'slope'): Float64Array => {
      const [above, below] = [1e-5, -1e-5].map((step) => powerOf(SIDE, { ...law, [name]: law[name] + step }));
      return above!.map((value, k) => (value - below![k]!) / 2e-5);
    };
    const power = powerOf(SIDE, law);
    const slopes = [derivative('amplitude'), derivative('slope')];
    fisherInformation(SIDE, law).forEach((row, i) => {
      row.forEach((value, j) => {
        const expected = power.reduce(
          (sum, p, k) => sum + (slopes[i]![k]! * slopes[j]![k]!) / (2 * p * p),
          0,
        );
        expect(value).toBeCloseTo(expected, 6);
      });
    });
  });

  it('has scores with this information, and the covariance that it should have', () => {
    const count = 4000;
    const fields = Array.from({ length: count }, (_, index) =>
      drawField(SIDE, law, new RandomStream(2, index)),
    );
    const scores = fields.map((one) => exactDensity(one, SIDE, law).score);
    const expected = fisherInformation(SIDE, law);
    for (const [i, j] of [
      [0, 0],
      [0, 1],
      [1, 1],
    ] as const) {
      const products = scores.map((score) => score[i]! * score[j]!);
      expect(Math.abs(mean(products) - expected[i]![j]!)).toBeLessThan(5 * standardErrorOfMean(products)!);
    }
    const matrix = covariance();
    for (const [a, b] of [
      [0, 0],
      [0, 1],
      [2, 9],
    ] as const) {
      const products = fields.map((one) => one[a]! * one[b]!);
      expect(Math.abs(mean(products) - matrix[a * AREA + b]!)).toBeLessThan(
        5 * standardErrorOfMean(products)!,
      );
    }
  });
});

it('log-normal fields have the density of their logarithms, with the Jacobian by central differences', () => {
  const kind = fieldKinds['log-normal, conditioned'];
  const fields = drawFields(kind, { side: SIDE, count: 3, part: 'test' });
  exactDensities(fields, kind).forEach(({ logDensity }, index) => {
    const values = Array.from(fields.values.subarray(index * AREA, (index + 1) * AREA));
    const logJacobian = values.reduce(
      (sum, x) => sum + Math.log((Math.log(x * 1.0001) - Math.log(x * 0.9999)) / (x * 0.0002)),
      0,
    );
    const logs = values.map(Math.log);
    const expected = exactDensity(logs, SIDE, fields.laws[index]!).logDensity + logJacobian;
    expect(logDensity).toBeCloseTo(expected, 5);
  });
  expect(fields.laws[0]).not.toEqual(fields.laws[1]);
});

describe('φ⁴', () => {
  it('has the same action as a graph and site by site', async () => {
    const fields = new RandomStream(4).normals(2 * AREA);
    const x = input('x', [2, SIDE, SIDE, 1]);
    const action = { massSquared: -1.3, lambda: 0.7 };
    const program = await compile(
      { inputs: { x }, outputs: { values: phi4Action(action)(x) } },
      { precision: 'float64', threads: 1 },
    );
    const { values } = await program.run({ x: { shape: [2, SIDE, SIDE, 1], data: fields } });
    [0, 1].forEach((index) => {
      const one = fields.subarray(index * AREA, (index + 1) * AREA);
      expect(values!.data[index]).toBeCloseTo(phi4Value(one, SIDE, action), 9);
    });
    await program.release();
  });

  it('has the mean |M| of free fields without λ, whose covariance is known', () => {
    // S = Σₖ (m² + Σ_μ (2 − 2·cos k_μ))·|φ̂ₖ|²: the zero mode has variance 1/(2m²), so M/N is N(0, 1/(2m²·N)).
    const [massSquared, side] = [1.5, 4];
    const found = metropolisMagnetisation({ massSquared, lambda: 0 }, { side, sweeps: 20_000, seed: 1 });
    const expected = Math.sqrt(2 / Math.PI / (2 * massSquared * side * side));
    expect(Math.abs(found.mean - expected)).toBeLessThan(4 * found.error);
    expect(found.error / expected).toBeLessThan(0.02);
    expect(testPoint).toEqual({ massSquared: -4, lambda: 6.975 });
  });
});

it('errors of chains grow with their autocorrelation', () => {
  const [count, memory] = [40_000, 0.9];
  const random = new RandomStream(6);
  const values: number[] = [0];
  for (let index = 1; index < count; index++) {
    values.push(memory * values.at(-1)! + random.normal());
  }
  // ρ(t) = memoryᵗ, so τ = ½·(1 + memory)/(1 − memory); the variance is 1/(1 − memory²).
  const time = (0.5 * (1 + memory)) / (1 - memory);
  const found = chainMean(values);
  expect(found.time / time).toBeCloseTo(1, 0);
  expect(Math.abs(found.time / time - 1)).toBeLessThan(0.2);
  const error = Math.sqrt((2 * time) / (1 - memory ** 2) / count);
  expect(Math.abs(found.error / error - 1)).toBeLessThan(0.2);
  expect(Math.abs(found.mean)).toBeLessThan(4 * error);
});

it('the quick mode trains, measures and reports everything', { timeout: 600_000 }, () => {
  const file = fileURLToPath(new URL('../fields.ts', import.meta.url));
  const words = ['--import', 'tsx', file, '--quick', '--mixings', 'periodic', '--steps', '20'];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  expect(stderr).toContain('gaussian, periodic: ');
  expect(status).toBe(0);
  for (const experiment of Object.keys(fieldKinds)) {
    expect(stdout).toContain(`| ${experiment} | periodic | `);
  }
  expect(stdout).toMatch(/^\| periodic \| [\d,]+ \| 20 \| \d+ \| .*±/mu);
  expect(spawnSync(process.execPath, ['--import', 'tsx', file, '--only', 'gausian']).status).toBe(2);
});
