// A Metropolis chain of φ⁴ fields, site by site, and the error of its means, which knows how long the chain remembers.
import { RandomStream } from '../../src/numeric/random.ts';
import { mean } from '../../src/numeric/statistics.ts';
import { meanMagnetisation, neighboursOf, type Phi4 } from './phi4.ts';

/** A mean over a chain. */
export interface ChainMean {
  readonly mean: number;
  /** The standard error of the mean. */
  readonly error: number;
  /** The integrated autocorrelation time τ: N values of the chain are worth N/2τ independent ones. */
  readonly time: number;
}

/** How long the chain is, in sweeps over all sites. */
export interface ChainOptions {
  readonly side: number;
  readonly sweeps: number;
  readonly seed: number;
  /** Called from time to time with the sweeps so far. */
  onSweeps?(done: number): void;
}

/** The first tenth of a chain is left out: it depends on where the chain starts. */
const BURN_IN = 0.1;

/** Proposals are uniform within this distance: about half are accepted at the test point. */
const STEP = 0.7;

/** Sweeps between two reports. */
const REPORT_EVERY = 50_000;

/** The mean of |M|/side² in a Metropolis chain that starts at normal values. */
export function metropolisMagnetisation(
  action: Phi4,
  { side, sweeps, seed, onSweeps }: ChainOptions,
): ChainMean {
  const random = new RandomStream(seed, 'metropolis');
  const field = random.normals(side * side);
  const neighbours = Array.from(field, (_, index) => neighboursOf(index, side));
  const values: number[] = [];
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (let site = 0; site < field.length; site++) {
      const [before, after] = [field[site]!, field[site]! + STEP * (2 * random.uniform() - 1)];
      const around = neighbours[site]!.reduce((sum, neighbour) => sum + field[neighbour]!, 0);
      const change = localAction(after, around, action) - localAction(before, around, action);
      if (Math.log(random.uniform()) < -change) {
        field[site] = after;
      }
    }
    values.push(meanMagnetisation(field));
    if (values.length % REPORT_EVERY === 0) {
      onSweeps?.(values.length);
    }
  }
  return chainMean(values.slice(Math.floor(BURN_IN * sweeps)));
}

/** The terms of the action in which a site's value occurs, with the sum of its neighbours. */
function localAction(value: number, around: number, { massSquared, lambda }: Phi4): number {
  return (4 + massSquared) * value ** 2 + lambda * value ** 4 - 2 * value * around;
}

/** Autocorrelations are summed up to this many τ: beyond there is only noise. */
const WINDOW = 6;

/**
 * The mean of a chain and its error, √(2τ/N)·deviation with τ = ½ + Σₜ ρ(t), the sum up to the first t ≥ 6τ.
 * Source: Wolff, Monte Carlo errors with less errors (2004); Sokal (1997) for the window.
 */
export function chainMean(values: readonly number[]): ChainMean {
  const centre = mean(values);
  const offsets = values.map((value) => value - centre);
  const covariance = (lag: number): number => {
    let sum = 0;
    for (let index = lag; index < offsets.length; index++) {
      sum += offsets[index]! * offsets[index - lag]!;
    }
    return sum / (offsets.length - lag);
  };
  const variance = covariance(0);
  let time = 0.5;
  for (let lag = 1; lag < offsets.length && lag < WINDOW * time; lag++) {
    time += covariance(lag) / variance;
  }
  return { mean: centre, error: Math.sqrt((2 * time * variance) / offsets.length), time };
}
