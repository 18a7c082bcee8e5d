// The multi-scale model Glow: levels of flow steps, a split after each but the last, Gaussian priors on all latents.

import type { Bijection } from '../flows/contract/bijection.ts';
import { chain } from '../flows/contract/chain.ts';
import { actnorm } from '../flows/layers/actnorm.ts';
import { squeeze } from '../flows/layers/squeeze.ts';
import { split, topPrior } from '../flows/priors/prior.ts';
import type { ImageShape } from '../numeric/imageShape.ts';
import { couplingOf } from './couplings.ts';
import { layersOfMixing } from './mixing.ts';
import { type ModelOptions, modelDefaults } from './options.ts';
import { StagedFlow } from './stagedFlow.ts';
import {
  bijectionStage,
  type PlacedStage,
  type Stage,
  type StagePlace,
  splitStage,
  topStage,
} from './stages.ts';

/**
 * Glow, with any mixing: dequantise, then per level squeeze and `depth` steps of actnorm, mixing and coupling, and after
 * every level but the last a split. Source: Kingma and Dhariwal, Glow (2018).
 */
export class Glow extends StagedFlow {
  /**
   * @param imageShape of the images that the model takes
   * @param options what differs from the defaults, those of a configuration
   * @throws if height or width cannot be halved `levels` times, or a part that the options name does not exist
   */
  constructor(imageShape: ImageShape, options: Partial<ModelOptions> = {}) {
    super(imageShape, stagesOfGlow(imageShape, { ...modelDefaults, ...options }), options);
  }
}

/** Per level a squeeze, the flow steps and, after every level but the last, a split; then the top prior. */
function stagesOfGlow(imageShape: ImageShape, options: ModelOptions): PlacedStage[] {
  // Version 0.2 took the options first: without types, a program would fail far from its call.
  if (!Array.isArray(imageShape as unknown)) {
    throw new Error(
      'glow: pass the shape of the images first, then the options: new Glow([28, 28, 1], { depth: 4 })',
    );
  }
  const stages: PlacedStage[] = [];
  let shape = imageShape;
  const place = (where: StagePlace, stage: Stage): void => {
    stages.push({ ...where, stage });
    shape = stage.outputShape ?? shape;
  };
  for (let level = 0; level < options.levels; level++) {
    const path = `levels/${level}`;
    place({ path: `${path}/squeeze`, kind: 'squeeze', level }, bijectionStage(squeeze(shape)));
    const step = bijectionStage(flowStep(shape, options));
    for (let index = 0; index < options.depth; index++) {
      place({ path: `${path}/steps/${index}`, kind: 'step', level, step: index }, step);
    }
    if (level < options.levels - 1) {
      place({ path: `${path}/split`, kind: 'split', level }, splitStage(split(shape, options)));
    }
  }
  place(
    { path: 'prior', kind: 'prior', level: options.levels - 1 },
    topStage(topPrior(shape, { learnedPrior: options.learnedPrior, classes: classCount(options) })),
  );
  return stages;
}

function classCount({ classes = [] }: ModelOptions): number {
  return classes === true ? 0 : classes.length;
}

/** Actnorm, mixing and coupling. */
function flowStep(shape: ImageShape, options: ModelOptions): Bijection {
  return chain('step', {
    actnorm: actnorm(shape),
    ...layersOfMixing(options.mixing, shape, options),
    coupling: couplingOf(shape, options),
  });
}
