// The base distributions of a model's priors, by name.
import { PartRegistry } from '../../core/parts/index.ts';
import { gaussianPrior, type PriorDefinition } from '../priors/baseDistribution.ts';
import { gaussianMixturePrior } from '../priors/gaussianMixture.ts';
import { studentTPrior } from '../priors/studentT.ts';

/** All base distributions by name; the default first. */
export const basePriors = new PartRegistry<PriorDefinition>(
  { kind: 'prior', what: 'prior', key: 'model.prior' },
  [gaussianPrior, studentTPrior, gaussianMixturePrior],
);
