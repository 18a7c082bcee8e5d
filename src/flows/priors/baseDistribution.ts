// The contract of base distributions: where a flow ends, and where sampling starts. And the simplest one, the normal.
import { type ImageShape, normalDistribution } from '../../core/numeric/index.ts';
import type {
  OptionSchemas,
  OptionValues,
  PartDefinition,
  PartialDefinition,
} from '../../core/parts/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { multiply } from '../../tensor/operations/index.ts';
import type { ParameterSpecs, Parameters } from '../contract/parameters.ts';

/**
 * The distribution of the latents ε of an image, which are independent: the density of a value is
 * e^(−energy(ε) − logNormaliser). `checkBase` checks that the density has the integral 1, and that samples follow it.
 */
export interface BaseDistribution {
  /** Its name in the literature. */
  readonly name: string;
  /** Its parameters for latents of a shape; by default none. */
  parameters?(shape: ImageShape): ParameterSpecs;
  /** −ln of the density of each value of ε `[N, H, W, C]`, less `logNormaliser`, of the same shape. */
  energy(epsilon: Tensor, parameters: Parameters): Tensor;
  /** ln ∫e^−energy; default 0. */
  readonly logNormaliser?: number;
  /** How many standard normal numbers `sample` takes for each value; default 1. */
  readonly draws?: number;
  /**
   * Latents `[N, H, W, C]` from independent standard normal numbers, `[N, H, W, draws·C]`: number 0 of every channel, then
   * number 1, and so on. If a and b are two of them, e^(−(a² + b²)/2) is uniform on (0, 1].
   */
  sample(normal: Tensor, parameters: Parameters): Tensor;
  /**
   * Its distribution function, for lossless compression: it never falls but by rounding, and consists of arithmetic and
   * `numeric/portableMath.ts`, so that every machine computes the same. Missing if it can't compress.
   */
  distribution?(epsilon: number): number;
}

/** The standard normal distribution. */
export const gaussian: BaseDistribution = {
  name: 'gaussian',
  energy: (epsilon) => multiply(multiply(epsilon, epsilon), 0.5),
  logNormaliser: 0.5 * Math.log(2 * Math.PI),
  sample: (normal) => normal,
  distribution: normalDistribution,
};

/** A base distribution that configurations can choose. */
export interface PriorDefinition<Schemas extends OptionSchemas = OptionSchemas>
  extends PartDefinition<Schemas> {
  readonly kind: 'prior';
  /** The distribution of the latents of every prior, with these options. */
  build(options: OptionValues<Schemas>): BaseDistribution;
}

/** Defines a base distribution, as `define.mixing` does a mixing. */
export function definePrior<Schemas extends OptionSchemas = Record<never, never>>(
  definition: PartialDefinition<PriorDefinition<Schemas>>,
): PriorDefinition<Schemas> {
  return { options: {} as Schemas, ...definition, kind: 'prior' };
}

/** The normal distribution as configurations choose it. */
export const gaussianPrior = definePrior({
  name: 'gaussian',
  summary: 'The standard normal distribution.',
  build: () => gaussian,
});

/** Whether all latents of a flow are standard normal: sampling then needs no program for them. */
export function hasNormalLatents({
  priors,
}: {
  readonly priors: readonly { readonly base: BaseDistribution }[];
}): boolean {
  return priors.every(({ base }) => base === gaussian);
}

/** The shape of the standard normal numbers that latents of a shape are drawn from. */
export function noiseShape(
  { draws = 1 }: Pick<BaseDistribution, 'draws'>,
  [height, width, channels]: ImageShape,
): ImageShape {
  return [height, width, draws * channels];
}
