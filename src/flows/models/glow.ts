// The multi-scale model Glow: levels of flow steps, a split after each but the last, priors on all latents.
import { UserError } from '../../core/errors.ts';
import { type ImageShape, requireWhole } from '../../core/numeric/index.ts';
import { type Bijection, chain } from '../contract/bijection.ts';
import { type ContextFor, checkerboard, type MaskFor } from '../coupling/parts.ts';
import { actnorm } from '../layers/actnorm.ts';
import { squeeze } from '../layers/squeeze.ts';
import { split, topPrior } from '../priors/prior.ts';
import { completeOptions, contextOfCondition, knownComponents, type ModelOptions } from './options.ts';
import { basePriors, buildCoupling, couplingMasks, layersOfMixing, withWidth } from './partRegistries.ts';
import { StagedFlow } from './stagedFlow.ts';
import { type PlacedStage, type StagePart, type StagePlace, stageFrom } from './stages.ts';

/**
 * Glow, with any mixing: dequantise, then per level squeeze and `depth` steps of actnorm, mixing and coupling, and after
 * every level but the last a split. Before the squeeze of a level there may be steps whose coupling has a checkerboard as its
 * mask, with or without a mixing. Without levels, there are only steps. Sources: Kingma and Dhariwal, Glow (2018); Dinh et al., Real NVP (2017).
 */
export class Glow extends StagedFlow {
  /**
   * @param imageShape of the images that the model takes
   * @param options where they differ from the defaults, which are the same as in a configuration
   * @throws if height or width cannot be halved `levels` times, a number is not a whole one, or a part that the options name
   * does not exist
   */
  constructor(imageShape: ImageShape, options: Partial<ModelOptions> = {}) {
    requireShape(imageShape);
    const complete = completeOptions(options);
    requireCounts(complete);
    super(imageShape, stagesOfGlow(imageShape, complete), complete);
  }
}

/**
 * Per level the steps with checkerboards, a squeeze, the flow steps and, after every level but the last, a split; then the
 * top prior.
 */
function stagesOfGlow(imageShape: ImageShape, options: ModelOptions): PlacedStage[] {
  const context = buildContext(imageShape, options);
  const prior = basePriors.resolve(options.prior);
  const base = prior.definition.build(prior.options);
  const stages: PlacedStage[] = [];
  let shape = imageShape;
  const addStage = (where: StagePlace, part: StagePart): void => {
    const stage = stageFrom(part);
    stages.push({ ...where, stage });
    shape = stage.outputShape ?? shape;
  };
  /** Places steps that take masks in turn; those with the same mask are one stage. */
  const placeSteps = (
    where: Omit<StagePlace, 'step'>,
    { count, masks, step }: { count: number; masks: readonly MaskFor[]; step: (mask: MaskFor) => Bijection },
  ): void => {
    const steps = masks.slice(0, count).map((mask) => stageFrom(step(mask)));
    for (let index = 0; index < count; index++) {
      addStage({ ...where, path: `${where.path}/${index}`, step: index }, steps[index % steps.length]!);
    }
  };
  const conditioner = withWidth(options.conditioner, options.checkerboardWidth ?? 32);
  for (let level = 0; level < Math.max(1, options.levels); level++) {
    const path = `levels/${level}`;
    const levelShape = shape;
    placeSteps(
      { path: `${path}/checkerboards`, kind: 'pixelStep', level },
      {
        count: checkerboardCounts(options)[level] ?? 0,
        masks: [checkerboard({ keep: 0 }), checkerboard({ keep: 1 })],
        step: (mask) =>
          chain('step', {
            actnorm: actnorm(levelShape),
            ...(options.checkerboardMixing && layersOfMixing(options.mixing, levelShape)),
            coupling: buildCoupling(levelShape, { ...options, conditioner }, mask, context),
          }),
      },
    );
    if (options.levels > 0) {
      addStage({ path: `${path}/squeeze`, kind: 'squeeze', level }, squeeze(shape));
    }
    const squeezed = shape;
    placeSteps(
      { path: `${path}/steps`, kind: 'step', level },
      {
        count: options.depth,
        masks: couplingMasks(options),
        step: (mask) => flowStep(squeezed, options, mask, context),
      },
    );
    if (level < options.levels - 1) {
      addStage({ path: `${path}/split`, kind: 'split', level }, split(shape, { ...options, base, context }));
    }
  }
  addStage(
    { path: 'prior', kind: 'prior', level: Math.max(1, options.levels) - 1 },
    topPrior(shape, { ...options, base, classes: classCount(options), context }),
  );
  return stages;
}

/** Rejects options in place of the shape: without types, a program would fail far from its call. */
function requireShape(imageShape: unknown): void {
  if (!Array.isArray(imageShape)) {
    throw new UserError(
      'invalid-argument',
      'glow: pass the shape of the images first, then the options: new Glow([28, 28, 1], { depth: 4 })',
    );
  }
}

/** Rejects counts of levels, steps and couplings that aren't whole numbers. */
function requireCounts(options: ModelOptions): void {
  const { levels, depth } = options;
  const checkerboards = checkerboardCounts(options);
  requireWhole('levels', levels, 0);
  requireWhole('depth', depth, 1);
  for (const count of checkerboards) {
    requireWhole('checkerboard', count, 0);
  }
  if (checkerboards.length > Math.max(1, levels)) {
    throw new UserError(
      'invalid-argument',
      `glow: checkerboard lists ${checkerboards.length} levels, but there are ${levels}`,
    );
  }
}

/** How many couplings with checkerboards there are before the squeezes, by level; none at those that are missing. */
export function checkerboardCounts({
  checkerboard = 0,
}: Pick<ModelOptions, 'checkerboard'>): readonly number[] {
  return typeof checkerboard === 'number' ? [checkerboard] : checkerboard;
}

function classCount({ classes = [] }: ModelOptions): number {
  return classes === true ? 0 : classes.length;
}

/** The network input made from the condition; undefined without a condition or before it is filled in. */
function buildContext(imageShape: ImageShape, { condition }: ModelOptions): ContextFor | undefined {
  return contextOfCondition(knownComponents(condition), imageShape);
}

/** Actnorm, mixing and coupling. */
function flowStep(
  shape: ImageShape,
  options: ModelOptions,
  mask: MaskFor,
  context: ContextFor | undefined,
): Bijection {
  return chain('step', {
    actnorm: actnorm(shape),
    ...layersOfMixing(options.mixing, shape),
    coupling: buildCoupling(shape, options, mask, context),
  });
}
