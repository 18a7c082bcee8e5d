// The known truth of the benchmark against slower formulas, and the benchmark on small fields.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { decompose, invert, logAbsPivotProduct } from '../../src/core/numeric/linearAlgebra.ts';
import { RandomStream } from '../../src/core/numeric/random.ts';
import { drawFields, exactDensities } from './fieldKinds.ts';
import { exactDensity, powerSpectrum } from './gaussianFields.ts';

const SIDE = 4;
const AREA = SIDE * SIDE;
const law = { amplitude: 0.8, slope: 2.3 };

it('a Gaussian field has the log-density of its covariance matrix, (1/N) Σₖ P(k)·cos(k·(x − y))', () => {
  const field = new RandomStream(1).normals(AREA);
  const power = powerSpectrum(SIDE, law);
  const covariance = Float64Array.from({ length: AREA * AREA }, (_, pair) => {
    const [a, b] = [Math.floor(pair / AREA), pair % AREA];
    const [down, right] = [Math.floor(a / SIDE) - Math.floor(b / SIDE), (a % SIDE) - (b % SIDE)];
    return power.reduce((sum, value, k) => {
      const phase = (2 * Math.PI * (Math.floor(k / SIDE) * down + (k % SIDE) * right)) / SIDE;
      return sum + (value * Math.cos(phase)) / AREA;
    }, 0);
  });
  const decomposed = decompose(covariance, AREA);
  const inverse = invert(decomposed);
  const energy = field.reduce(
    (sum, a, i) => sum + a * field.reduce((row, b, j) => row + inverse[i * AREA + j]! * b, 0),
    0,
  );
  const expected = -0.5 * (energy + logAbsPivotProduct(decomposed) + AREA * Math.log(2 * Math.PI));
  expect(exactDensity(field, SIDE, law)).toBeCloseTo(expected, 9);
});

it('log-normal fields have the density of their logarithms, with the Jacobian by central differences', () => {
  const kind = { from: law, to: { amplitude: 1.2, slope: 3 }, isLogNormal: true };
  const fields = drawFields(kind, { side: SIDE, count: 3, part: 'test' });
  exactDensities(fields, kind).forEach((logDensity, index) => {
    const values = Array.from(fields.values.subarray(index * AREA, (index + 1) * AREA));
    const slopes = values.map((x) => (Math.log(x * 1.0001) - Math.log(x * 0.9999)) / (x * 0.0002));
    const logJacobian = slopes.reduce((sum, slope) => sum + Math.log(slope), 0);
    const expected = exactDensity(values.map(Math.log), SIDE, fields.laws[index]!) + logJacobian;
    expect(logDensity).toBeCloseTo(expected, 5);
  });
});

it('trains, measures and reports', { timeout: 600_000 }, () => {
  const file = fileURLToPath(new URL('../fields.ts', import.meta.url));
  const small = [
    '--only=log-normal-conditioned',
    '--mixing=periodic',
    '--steps=20',
    '--side=8',
    '--train=64',
  ];
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', file, ...small, '--held=8'], {
    encoding: 'utf8',
  });
  expect(stdout).toMatch(
    /^\| log-normal-conditioned \| periodic \| 20 \| -?[\d.]+ \| -?[\d.]+ ± [\d.]+ \|$/m,
  );
});
