// Pushes and pops latents under their distributions.
import { type BitStack, INTERVAL_TOTAL, portableLog } from '../../../core/numeric/index.ts';
import { FRACTION_BITS, OutOfRange } from './fixedPoint.ts';

/** The bits after the binary point of a bin's number. */
const BIN_BITS = 12;

/** Activations in a bin. They are equally likely: bins are narrow compared with any useful deviation. */
const BIN_SIZE = 2 ** (FRACTION_BITS - BIN_BITS);

/** Bins are numbered from −HALF to HALF − 1, and latents between −64 and 64. */
const HALF = 2 ** (BIN_BITS + 6);

/** Each bin has at least 1 of INTERVAL_TOTAL; a second one, because rounding may take it from the distribution function. */
const FLOOR = 2;

const UNITS = 2 ** -BIN_BITS;
const SHARED = INTERVAL_TOTAL - 2 * HALF * FLOOR;

/** A distribution function, scaled and shifted: of (z − location)·rate. */
export interface LatentDistribution {
  /** From 0 to 1; it never falls, and every machine computes the same. */
  readonly distribution: (epsilon: number) => number;
  readonly location: number;
  /** One over the scale. */
  readonly rate: number;
}

/** Where the interval of a bin starts, out of INTERVAL_TOTAL: it rises with every bin, whatever the distribution. */
function intervalStart(bin: number, { distribution, location, rate }: LatentDistribution): number {
  if (bin <= -HALF || bin >= HALF) {
    return bin < 0 ? 0 : INTERVAL_TOTAL;
  }
  return Math.floor(distribution((bin * UNITS - location) * rate) * SHARED) + (bin + HALF) * FLOOR;
}

/**
 * Pushes a latent in about −log2(p(z)·2^−FRACTION_BITS) bits, p being the density of the distribution.
 *
 * @throws OutOfRange if the latent is not between −64 and 64, or the distribution has a number that is not finite
 */
export function pushLatent(stack: BitStack, z: number, prior: LatentDistribution): void {
  const bin = Math.floor(z / BIN_SIZE);
  if (!(bin >= -HALF && bin < HALF) || !Number.isFinite(prior.location * prior.rate)) {
    throw new OutOfRange();
  }
  stack.push(z - bin * BIN_SIZE, BIN_SIZE);
  const start = intervalStart(bin, prior);
  stack.pushInterval(start, intervalStart(bin + 1, prior) - start);
}

/** Pops a latent: the inverse of `pushLatent`. */
export function popLatent(stack: BitStack, prior: LatentDistribution): number {
  const { location, rate } = prior;
  if (!Number.isFinite(location * rate)) {
    throw new OutOfRange();
  }
  const position = stack.peek();
  // Bins from `low` up to below `high` are possible; the quantile is nearly always in the right one, or next to it.
  let [low, high] = [-HALF, HALF];
  let bin = Math.floor((location + quantile((position + 0.5) / INTERVAL_TOTAL) / rate) / UNITS);
  let step = 1;
  for (;;) {
    bin = bin < low ? low : bin >= high ? high - 1 : bin;
    const start = intervalStart(bin, prior);
    if (position < start) {
      high = bin;
      bin -= step;
    } else {
      const end = intervalStart(bin + 1, prior);
      if (position < end) {
        stack.popInterval(start, end - start);
        return bin * BIN_SIZE + stack.pop(BIN_SIZE);
      }
      low = bin + 1;
      bin += step;
    }
    step *= 2;
    if (bin < low || bin >= high) {
      bin = Math.floor((low + high) / 2);
    }
  }
}

/**
 * About where the distribution function of the standard normal has a value, within 4.5e-4. Only a first guess depends on it.
 * Source: Abramowitz and Stegun, formula 26.2.23.
 */
function quantile(share: number): number {
  const tail = share < 0.5 ? share : 1 - share;
  const t = Math.sqrt(-2 * portableLog(tail));
  const size =
    t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  return share < 0.5 ? -size : size;
}
