// What an image goes through in a model, one stage after another, and what each adds to the likelihood.
import type { Bijection } from '../flows/bijection.ts';
import type { ParameterSpecs, Parameters } from '../flows/parameters.ts';
import type { Split, TopPrior } from '../flows/prior.ts';
import { add } from '../tensor/operations/index.ts';
import { constant, type Tensor } from '../tensor/tensor.ts';

/** One level: squeeze, steps, and a split unless it is the last. */
export interface Level {
  /** The path before its parameters. */
  readonly name: string;
  readonly squeeze: Bijection;
  /** A chain. */
  readonly steps: Bijection;
  readonly split?: Split;
}

/** What the likelihood of a batch of images is made of. */
export interface Densities {
  /** The log-density of the latents under their priors, `[N]`. */
  readonly logPrior: Tensor;
  /** Σ ln|det| of the layers, `[N]`, or `[]` where it is the same for every image. */
  readonly logDet: Tensor;
}

/** A bijection, a split or the top prior. */
export interface Stage {
  readonly parameters: ParameterSpecs;
  forward(x: Tensor, parameters: Parameters): StageResult;
}

/** What a stage makes of a batch: the images that go on, the latent that leaves, and what it adds to each density. */
export interface StageResult extends Partial<Densities> {
  readonly y?: Tensor;
  readonly epsilon?: Tensor;
}

/** A stage, and the path before its parameters. */
export interface PlacedStage {
  readonly path: string;
  readonly stage: Stage;
}

/** The stages of a model in the order of encoding; the steps of a level are the same stage at several places. */
export function stagesOf(levels: readonly Level[], top: TopPrior): PlacedStage[] {
  return [
    ...levels.flatMap(({ name, squeeze, steps, split }) => [
      { path: name, stage: squeeze },
      ...Object.entries(steps.parts!).map(([key, step]) => ({ path: `${name}/steps/${key}`, stage: step })),
      ...(split ? [{ path: `${name}/split`, stage: split }] : []),
    ]),
    { path: 'prior', stage: top },
  ];
}

/** The densities of a batch, from what every stage adds to them. */
export function sumOfDensities(added: readonly Partial<Densities>[]): Densities {
  const sumOf = (density: keyof Densities): Tensor =>
    added.reduce<Tensor>((total, { [density]: term }) => (term ? add(total, term) : total), constant(0));
  return { logPrior: sumOf('logPrior'), logDet: sumOf('logDet') };
}
