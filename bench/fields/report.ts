// The page docs/results/fields.md, from the results of all experiments.
import { markdownTable } from '../../src/evaluation/reports/markdownTable.ts';
import type { DensityResult } from './examine.ts';
import type { ActionResult } from './phi4Result.ts';
import { parameterNames } from './spectrum.ts';

/** The results of an experiment with a mixing. */
export interface Result {
  readonly experiment: string;
  readonly mixing: string;
  /** The weights of the model. */
  readonly weights: number;
  readonly steps: number;
  readonly seconds: number;
  readonly machine: string;
  readonly density?: DensityResult;
  readonly action?: ActionResult;
}

/** What must be reached. */
const gates = {
  difference: 0.005,
  information: 0.95,
  uniform: 0.01,
  effectiveSampleSize: 0.5,
  deviations: 2,
};

/** The page. */
export function report(results: readonly Result[], command: string): string {
  const densities = results.filter(({ density }) => density);
  const conditioned = densities.filter(({ density }) => density!.parameters);
  const actions = results.filter(({ action }) => action);
  const machines = [...new Set(results.map(({ machine }) => machine))].join('; ');
  return `# Fields

Densities of random fields against the truth, which is known: trained models with emerging, periodic and 1x1 mixing. [Fields](../fields.md) is the guide. Written by \`${command}\` on ${machines}; other programs ran at the same time, so seconds say little, and budgets are in steps.

**Bold** results meet their limit: within ${gates.difference} nats/value of the exact log-likelihood; at least ${percent(gates.information)} of the Fisher information, and ranks with p ≥ ${gates.uniform}; for φ⁴ an effective sample size of at least ${gates.effectiveSampleSize}, and mean |M| within ${gates.deviations} standard errors of a Metropolis chain.
${densities.length > 0 ? densitySection(densities) : ''}${conditioned.length > 0 ? conditionSection(conditioned) : ''}${actions.length > 0 ? actionSection(actions) : ''}`;
}

function densitySection(results: readonly Result[]): string {
  const [{ density }] = results as [Result];
  return `
## Log-likelihood

Periodic fields of 32x32 with the spectrum P(k) = amplitude²·(k/11)^−slope, k in waves per side and at least 1. *gaussian* has amplitude 1 and slope 3; *log-normal* fields are e^g of Gaussian ones with amplitude 0.15. *Conditioned* models are given amplitude and slope, which differ from field to field: amplitude uniform from 0.7 to 1.4, for log-normal fields from 0.06 to 0.12, slope from 2 to 3.5. The exact log-density of a Gaussian field is −½ Σₖ (|x̂ₖ|²/P(k) + ln 2πP(k)), and that of e^g has the Jacobian besides. Models have 3 levels of 4 steps and couplings of width 32 on a torus, and are trained on 16,384 fields, flipped and transposed at random, in batches of 32. Differences are the model's log-likelihood minus the exact one of the same ${density!.fields} held-out fields, ± their standard error.

${markdownTable(
  ['fields', 'mixing', 'weights', 'steps', 'seconds', 'exact, nats/value', 'model − exact'],
  results.map(({ experiment, mixing, density: found, ...about }) => [
    experiment,
    mixing,
    ...aboutCells(about),
    found!.exact.toFixed(4),
    marked(
      `${found!.difference.toFixed(4)} ± ${found!.error.toFixed(4)}`,
      Math.abs(found!.difference) <= gates.difference,
    ),
  ]),
)}
`;
}

function conditionSection(results: readonly Result[]): string {
  const rows = results.flatMap(({ experiment, mixing, density }) =>
    parameterNames.map((name) => {
      const found = density!.parameters![name];
      return [
        experiment,
        mixing,
        name,
        marked(percent(found.squaredScore), found.squaredScore >= gates.information),
        percent(found.exactSquaredScore),
        marked(percent(found.information), found.information >= gates.information),
        marked(found.uniform.toFixed(3), found.uniform >= gates.uniform),
      ];
    }),
  );
  return `
## Information and posteriors

The score is the derivative of the log-likelihood with respect to a parameter (\`model.gradient\`), at the true parameters of each held-out field. *Squared* is its mean square, divided by the Fisher information ½ Σₖ (∂ ln P(k))². *Exact squared* is the same for the exact score of these fields, and shows what is chance. Errors of the score add to its square, and may lift it above 100 %. *Information* is stricter: the squared correlation of the model's score with the exact one, which is the share of the Fisher information that the model's score keeps. Errors can only lower it. Posteriors come from \`inferConditions\`, for ${results[0]!.density!.inferred} fields and for each parameter given the other, with a prior that is uniform over the range of the training fields. In a calibrated model, the posterior probability below the true value is uniform; p is that of a Kolmogorov-Smirnov test of this.

${markdownTable(['fields', 'mixing', 'parameter', 'squared', 'exact squared', 'information', 'p of ranks'], rows)}
`;
}

function actionSection(results: readonly Result[]): string {
  const rows = results.map(({ mixing, action, ...about }) => {
    const { weighted, chain, proposed, ...found } = action!;
    const apart = Math.abs(weighted.mean - chain.mean) / Math.hypot(weighted.error, chain.error);
    return [
      mixing,
      ...aboutCells(about),
      marked(found.effectiveSampleSize.toFixed(3), found.effectiveSampleSize >= gates.effectiveSampleSize),
      percent(found.acceptance),
      found.logNormaliser.toFixed(3),
      marked(withError(weighted), apart <= gates.deviations),
      withError(proposed),
      apart.toFixed(1),
    ];
  });
  const [{ action }] = results as [Result];
  const { chain, samples } = action!;
  return `
## φ⁴ without data

φ⁴ on a periodic 8x8 lattice with m² = −4 and λ = 6.975 (Albergo et al. 2021), trained with [\`trainToAction\`](../fields.md#from-an-action-to-samples), without any fields. Models have 8 steps and couplings of width 24 on a torus, and train in batches of 256. Results are for ${samples.toLocaleString('en')} samples; *accepted* is the share of them that an independence Metropolis chain accepts. A Metropolis chain that changes one site at a time gives mean |M|/64 = ${withError(chain)}, with an integrated autocorrelation time of ${chain.time.toFixed(0)} sweeps. *Weighted mean* is the mean |M|/64 of the weighted samples, and *proposed mean* that of the chain to which they are proposed; standard errors of chains account for autocorrelation. *Apart* is the distance of the weighted mean from that of the site-by-site chain, in standard errors.

${markdownTable(
  [
    'mixing',
    'weights',
    'steps',
    'seconds',
    'effective sample size',
    'accepted',
    'ln Z',
    'weighted mean',
    'proposed mean',
    'apart',
  ],
  rows,
)}
`;
}

function aboutCells({ weights, steps, seconds }: Pick<Result, 'weights' | 'steps' | 'seconds'>): string[] {
  return [weights.toLocaleString('en'), steps.toLocaleString('en'), seconds.toFixed(0)];
}

function marked(text: string, isMet: boolean): string {
  return isMet ? `**${text}**` : text;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function withError({ mean, error }: { readonly mean: number; readonly error: number }): string {
  return `${mean.toFixed(4)} ± ${error.toFixed(4)}`;
}
