// The base distributions of a model's priors, by name.
import { type BaseDistribution, gaussian } from '../priors/baseDistribution.ts';
import { gaussianMixture } from '../priors/gaussianMixture.ts';
import { studentT } from '../priors/studentT.ts';
import { type NamedPart, type Own, PartRegistry } from './partRegistry.ts';

/** The model options that base distributions may use. */
export interface PriorOptions {
  /** The degrees of freedom of Student's t-distribution; default 4. */
  readonly degreesOfFreedom?: number;
  /** The Gaussians of a mixture; default 3. */
  readonly priorComponents?: number;
}

/** A base distribution that configurations can choose. */
export interface PriorPart extends NamedPart {
  readonly options?: readonly (keyof PriorOptions)[];
  /** The distribution of the latents of every prior. */
  base(options: PriorOptions): BaseDistribution;
}

/** All base distributions by name; the default first. */
export const priors = new PartRegistry<PriorPart>(
  {
    what: 'prior',
    key: 'model.prior',
    register: 'registerPrior',
    builder: { name: 'base', from: 'the options' },
  },
  {
    gaussian: { base: () => gaussian },
    'student-t': { options: ['degreesOfFreedom'], base: studentT },
    'gaussian-mixture': {
      options: ['priorComponents'],
      base: ({ priorComponents = 3 }) => gaussianMixture({ components: priorComponents }),
    },
  },
);

/** Registers a base distribution, as `registerMixing` does a mixing: `model.prior` may then be its name. */
export function registerPrior(name: string, prior: Own<PriorPart>): void {
  priors.register(name, prior);
}
