// A trained model against the truth: its density of unseen fields, its information about their parameters, its posteriors.
import { probabilityBelow } from '../../src/evaluation/infer/gridPosterior.ts';
import { inferConditions } from '../../src/evaluation/infer/inferConditions.ts';
import { uniformity } from '../../src/evaluation/odd/kolmogorovSmirnov.ts';
import { mean, standardErrorOfMean } from '../../src/numeric/statistics.ts';
import type { FlowModel } from '../../src/trained/model/flowModel.ts';
import { exactDensities, type FieldKind, type Fields, isConditioned, parametersOf } from './fieldSets.ts';
import { fisherInformation, type PowerLaw, parameterNames } from './spectrum.ts';

/** How well a model knows a parameter. */
interface ParameterResult {
  /** The mean squared score, divided by the Fisher information: 1 for the exact density. */
  readonly squaredScore: number;
  /** The same of the exact scores of these fields: how far chance is from 1. */
  readonly exactSquaredScore: number;
  /** The share of the Fisher information that the model's score has, as a statistic: its squared correlation with the exact one. */
  readonly information: number;
  /** The p-value of a Kolmogorov-Smirnov test that the true values' posterior probabilities are uniform. */
  readonly uniform: number;
}

/** The results of a model. */
export interface DensityResult {
  /** Held-out fields. */
  readonly fields: number;
  /** The exact log-density, in nats/value. */
  readonly exact: number;
  /** The model's minus the exact log-density of the same fields, in nats/value. */
  readonly difference: number;
  /** Its standard error. */
  readonly error: number;
  /** The fields whose posteriors were computed. */
  readonly inferred?: number;
  /** For each parameter of a conditioned model. */
  readonly parameters?: Readonly<Record<keyof PowerLaw, ParameterResult>>;
}

/** Compares a model with the truth; posteriors are of the first `inferred` fields. */
export async function examine(
  model: FlowModel,
  kind: FieldKind,
  fields: Fields,
  inferred: number,
  onProgress: (done: number, of: number) => void,
): Promise<DensityResult> {
  const { values, side, laws } = fields;
  const area = side * side;
  const exact = exactDensities(fields, kind);
  const condition = isConditioned(kind) ? { condition: parametersOf(fields) } : {};
  const { logLikelihood, condition: scores } = await model.gradient(values, condition);
  const differences = exact.map(({ logDensity }, index) => (logLikelihood[index]! - logDensity) / area);
  const result = {
    fields: laws.length,
    exact: mean(exact.map(({ logDensity }) => logDensity)) / area,
    difference: mean(differences),
    error: standardErrorOfMean(differences)!,
  };
  if (!isConditioned(kind)) {
    return result;
  }
  const few = { ...fields, laws: laws.slice(0, inferred), values: values.subarray(0, inferred * area) };
  const ranks = await ranksOf(model, kind, few, onProgress);
  const parameters = parameterNames.map((name, parameter) => {
    const pairs = laws.map((law, index) => {
      // Information differs from law to law: scores in units of their exact deviation.
      const unit = Math.sqrt(fisherInformation(side, law)[parameter]![parameter]!);
      return [scores[name]!.data[index]! / unit, exact[index]!.score[parameter]! / unit] as const;
    });
    const meanOf = (of: (pair: readonly [number, number]) => number): number => mean(pairs.map(of));
    const squaredScore = meanOf(([own]) => own ** 2);
    const exactSquaredScore = meanOf(([, exact]) => exact ** 2);
    const information = meanOf(([own, exact]) => own * exact) ** 2 / (squaredScore * exactSquaredScore);
    return [name, { squaredScore, exactSquaredScore, information, uniform: uniformity(ranks[parameter]!) }];
  });
  return { ...result, inferred, parameters: Object.fromEntries(parameters) };
}

/**
 * The posterior probability below the true value of each parameter, given the true value of the other: for each field. A
 * posterior of both at once takes many times as long, and their errors are nearly independent.
 */
async function ranksOf(
  model: FlowModel,
  { from, to }: FieldKind,
  fields: Fields,
  onProgress: (done: number, of: number) => void,
): Promise<number[][]> {
  const truth = parametersOf(fields);
  const { length } = fields.laws;
  const ranks: number[][] = [];
  for (const [parameter, name] of parameterNames.entries()) {
    const { [name]: _, ...known } = truth;
    const posteriors = await inferConditions(model, fields.values, {
      range: { [name]: [from[name], to[name]] },
      condition: known,
      onProgress: (done) => onProgress(parameter * length + done, parameterNames.length * length),
    });
    ranks.push(posteriors.map(([posterior], index) => probabilityBelow(posterior!, truth[name][index]!)));
  }
  return ranks;
}
