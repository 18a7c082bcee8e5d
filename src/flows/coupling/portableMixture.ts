// The logit of a mixture of logistic distributions for one number, the same on every machine.
import { portableExp, portableLog } from '../../numeric/portableMath.ts';

/** The numbers of one mixture, K each. */
export interface OneMixture {
  /** The logarithms of the weights, up to a sum. */
  readonly logits: Float64Array;
  /** The means. */
  readonly means: Float64Array;
  /** The logarithms of the scales. */
  readonly logScales: Float64Array;
}

/**
 * x ↦ ln F(x) − ln(1 − F(x)), with F the distribution function of the mixture.
 *
 * F/(1 − F) = Σ πₖ σ(zₖ) / Σ πₖ σ(−zₖ), with zₖ = (x − μₖ)·e^−sₖ. Both sums are scaled so that neither vanishes: for z < 0,
 * σ(z) = e^z·σ(−z), and the largest e^z of all components is taken out.
 */
export function portableLogit({ logits, means, logScales }: OneMixture): (x: number) => number {
  const weights = portableSoftmax(logits);
  const rates = logScales.map((logScale) => portableExp(-logScale));
  // A component without weight must not decide what is taken out.
  const components = [...weights.keys()].filter((k) => weights[k]! > 0);
  const z = new Float64Array(weights.length);
  return (x) => {
    let [highest, lowest] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (const k of components) {
      z[k] = (x - means[k]!) * rates[k]!;
      highest = Math.max(highest, z[k]!);
      lowest = Math.min(lowest, z[k]!);
    }
    // e^below is taken out of the lower sum where every σ(z) is small, e^−above out of the upper one where every σ(−z) is.
    const below = Math.min(highest, 0);
    const above = Math.max(lowest, 0);
    let [lower, upper] = [0, 0];
    for (const k of components) {
      const value = z[k]!;
      const larger = weights[k]! / (1 + portableExp(-Math.abs(value)));
      lower += larger * portableExp(Math.min(value, 0) - below);
      upper += larger * portableExp(above - Math.max(value, 0));
    }
    return portableLog(lower) - portableLog(upper) + below + above;
  };
}

function portableSoftmax(logits: Float64Array): Float64Array {
  const most = logits.reduce((one, other) => Math.max(one, other), Number.NEGATIVE_INFINITY);
  const powers = logits.map((logit) => portableExp(logit - most));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
