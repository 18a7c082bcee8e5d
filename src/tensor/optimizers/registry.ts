// The optimisers by name: what `training.optimizer` chooses from.
import { type PartChoice, PartRegistry } from '../../core/parts/index.ts';
import { adamaxOptimizer } from './adamax.ts';
import { adamwOptimizer } from './adamw.ts';
import { muonOptimizer } from './muon.ts';
import type { Optimizer, OptimizerDefinition } from './optimizer.ts';

/** All optimisers by their names in configurations and checkpoints, with those that users register; the default first. */
export const optimizers = new PartRegistry<OptimizerDefinition>(
  { kind: 'optimizer', what: 'optimiser', key: 'training.optimizer' },
  [adamaxOptimizer, adamwOptimizer, muonOptimizer],
);

/**
 * The optimiser that a configuration's `training` chooses, for a run with `stepsPerEpoch` steps per epoch.
 */
export function configuredOptimizer(
  training: { readonly optimizer: PartChoice; readonly learningRate: number },
  stepsPerEpoch: number,
): Optimizer {
  const { definition, options } = optimizers.resolve(training.optimizer);
  return definition.build(options, { stepsPerEpoch, learningRate: training.learningRate });
}
