// A model trained to φ⁴ against a Metropolis chain.
import {
  effectiveSampleSize,
  metropolisChain,
  weighSamples,
} from '../../src/evaluation/action/weightedSamples.ts';
import type { FlowModel } from '../../src/trained/model/flowModel.ts';
import { type ChainMean, type ChainOptions, chainMean, metropolisMagnetisation } from './metropolis.ts';
import { meanMagnetisation, phi4Action, testPoint } from './phi4.ts';

/** The results of a model. */
export interface ActionResult {
  readonly samples: number;
  readonly effectiveSampleSize: number;
  /** ln Z, estimated from the weights. */
  readonly logNormaliser: number;
  /** The share of samples that a Metropolis step accepts. */
  readonly acceptance: number;
  /** The mean of |M|/side² over weighted samples. */
  readonly weighted: Pick<ChainMean, 'mean' | 'error'>;
  /** The same over the chain whose proposals are the samples. */
  readonly proposed: ChainMean;
  /** The same over a Metropolis chain that changes one site at a time, without the model. */
  readonly chain: ChainMean;
}

type ChainEffort = Pick<ChainOptions, 'sweeps' | 'onSweeps'>;

/** Compares a model's samples with a chain of so many sweeps. */
export async function examineAction(
  model: FlowModel,
  { samples: count, ...chain }: { readonly samples: number } & ChainEffort,
): Promise<ActionResult> {
  const [side] = model.imageShape;
  const { samples, logWeights, logNormaliser } = await weighSamples(model, phi4Action(testPoint), {
    count,
    seed: 1,
  });
  const area = side * side;
  const magnetisations = Float64Array.from({ length: count }, (_, index) =>
    meanMagnetisation(samples.subarray(index * area, (index + 1) * area)),
  );
  const { states, acceptance } = metropolisChain(logWeights);
  return {
    samples: count,
    effectiveSampleSize: effectiveSampleSize(logWeights),
    logNormaliser,
    acceptance,
    weighted: weightedMean(magnetisations, logWeights, logNormaliser),
    proposed: chainMean(Array.from(states, (state) => magnetisations[state]!)),
    chain: chainOf(side, chain),
  };
}

const chains = new Map<string, ChainMean>();

/** The chain without a model, which is the same for all. */
function chainOf(side: number, effort: ChainEffort): ChainMean {
  const key = `${side} ${effort.sweeps}`;
  const chain = chains.get(key) ?? metropolisMagnetisation(testPoint, { ...effort, side, seed: 2 });
  chains.set(key, chain);
  return chain;
}

/** Σ w·v/Σ w and its error, √(Σ w²·(v − mean)²)/Σ w. */
function weightedMean(
  values: Float64Array,
  logWeights: Float64Array,
  logNormaliser: number,
): Pick<ChainMean, 'mean' | 'error'> {
  // Near 1: divided by their mean.
  const weights = logWeights.map((value) => Math.exp(value - logNormaliser));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = weights.reduce((sum, weight, index) => sum + weight * values[index]!, 0) / total;
  const squares = weights.reduce((sum, weight, index) => sum + (weight * (values[index]! - mean)) ** 2, 0);
  return { mean, error: Math.sqrt(squares) / total };
}
