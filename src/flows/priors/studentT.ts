// Student's t-distribution as a base: its tails are heavier than a normal distribution's.

import { UserError } from '../../core/errors.ts';
import { option, wholeNumber } from '../../core/parts/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import {
  add,
  divide,
  exp,
  greater,
  log,
  multiply,
  split,
  sqrt,
  subtract,
  where,
} from '../../tensor/operations/index.ts';
import { type BaseDistribution, definePrior } from './baseDistribution.ts';

/** The options of Student's t-distribution. */
export interface StudentTOptions {
  /** Its degrees of freedom ν, a whole number from 1 (the Cauchy distribution) to 1,000; default 4. */
  readonly degreesOfFreedom?: number;
}

/** The most degrees of freedom: with more it is hardly different from the normal distribution. */
const MOST_DEGREES = 1000;

/** Below this, (eʷ − 1)/w is computed by its series: the difference would lose digits. */
const SMALL = 0.05;

/**
 * Student's t-distribution with ν degrees of freedom: the density is proportional to (1 + ε²/ν)^(−(ν + 1)/2).
 *
 * Sampling: ε = a·√((eʷ − 1)/w) with w = (a² + b²)/ν and standard normal a and b. Sources: Bailey, Polar generation of
 * random variates with the t-distribution (1994); for flows, Jaini and others, Tails of Lipschitz triangular flows (2020).
 *
 * @throws if the degrees of freedom are out of range
 */
export function studentT({ degreesOfFreedom: degrees = 4 }: StudentTOptions = {}): BaseDistribution {
  if (!Number.isInteger(degrees) || degrees < 1 || degrees > MOST_DEGREES) {
    throw new UserError(
      'invalid-argument',
      `student-t: degreesOfFreedom must be a whole number from 1 to ${MOST_DEGREES}, not ${degrees}`,
    );
  }
  return {
    name: 'student-t',
    energy: (epsilon) =>
      multiply(log(add(multiply(multiply(epsilon, epsilon), 1 / degrees), 1)), (degrees + 1) / 2),
    logNormaliser: 0.5 * Math.log(degrees * Math.PI) - Math.log(gammaRatio(degrees)),
    draws: 2,
    sample(normal) {
      const channels = normal.shape[3]! / 2;
      const [a, b] = split(normal, 3, [channels, channels]);
      const w = multiply(add(multiply(a, a), multiply(b, b)), 1 / degrees);
      const series = [1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1].reduce<Tensor | number>(
        (sum, term) => add(multiply(w, sum), term),
        0,
      ) as Tensor;
      const squares = where(greater(w, SMALL), divide(subtract(exp(w), 1), w), series);
      return multiply(a, sqrt(squares));
    },
    // For an odd number, the distribution function needs an arctangent.
    ...(degrees % 2 === 0 && { distribution: (epsilon) => evenDistribution(epsilon, degrees) }),
  };
}

/** Student's t-distribution as configurations choose it. */
export const studentTPrior = definePrior({
  name: 'student-t',
  summary: "Student's t-distribution: heavier tails.",
  options: {
    degreesOfFreedom: option(
      'Degrees of freedom; fewer make the tails heavier.',
      wholeNumber(1, MOST_DEGREES),
      4,
    ),
  },
  build: studentT,
});

/** Γ((ν + 1)/2)/Γ(ν/2). */
function gammaRatio(degrees: number): number {
  let ratio = degrees % 2 === 0 ? Math.sqrt(Math.PI) / 2 : 1 / Math.sqrt(Math.PI);
  for (let n = degrees % 2 === 0 ? 2 : 1; n < degrees; n += 2) {
    ratio *= (n + 1) / n;
  }
  return ratio;
}

/** The distribution function for an even ν. Source: Abramowitz and Stegun, formula 26.7.4. */
function evenDistribution(epsilon: number, degrees: number): number {
  const square = epsilon * epsilon;
  if (square === Number.POSITIVE_INFINITY) {
    return epsilon < 0 ? 0 : 1;
  }
  const sine = epsilon / Math.sqrt(degrees + square);
  const squaredCosine = degrees / (degrees + square);
  let [term, sum] = [1, 1];
  for (let n = 2; n < degrees; n += 2) {
    term *= ((n - 1) / n) * squaredCosine;
    sum += term;
  }
  return 0.5 + 0.5 * sine * sum;
}
