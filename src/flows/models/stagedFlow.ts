// A flow made of a list of stages.
import { UserError } from '../../core/errors.ts';
import type { ImageShape } from '../../core/numeric/index.ts';
import { sameShape, showShape, type Tensor } from '../../tensor/index.ts';
import { add, checkpoint, reshape, subtract } from '../../tensor/operations/index.ts';
import {
  CLASSES,
  type Condition,
  type ConditionShapes,
  checkCondition,
  collectConditions,
  type Declaration,
} from '../contract/condition.ts';
import type { DequantisationNoise, Dequantiser } from '../contract/dequantiser.ts';
import { type ParameterSpecs, type Parameters, prefixed } from '../contract/parameters.ts';
import { BASE } from '../priors/prior.ts';
import { DEQUANTISER, type Encoding, type Flow, type Likelihood, type PlacedPrior } from './flow.ts';
import { buildImageValues, type ImageValues, imageLogScale } from './imageValues.ts';
import {
  type ConditionComponent,
  completeOptions,
  isKnownCondition,
  type ModelOptions,
  modelDefaults,
} from './options.ts';
import { createDequantiser } from './partRegistries.ts';
import {
  type Densities,
  type PlacedPart,
  type PlacedStage,
  type StageResult,
  stageFrom,
  sumOfDensities,
  sumOfShares,
} from './stages.ts';

/** A flow that passes dequantised images through stages, the last one with only a latent as output. */
export class StagedFlow implements Flow {
  readonly options: ModelOptions;
  readonly imageShape: ImageShape;
  readonly parameters: ParameterSpecs;
  readonly latentShapes: readonly ImageShape[];
  readonly priors: readonly PlacedPrior[];
  readonly classes: readonly string[];
  readonly condition: ConditionShapes;
  readonly values: ImageValues;
  readonly dequantiser: Dequantiser;
  readonly stages: readonly PlacedStage[];

  /**
   * @param parts from images of `imageShape` on, at different paths
   * @param options where they differ from the defaults, which are the same as in a configuration; a registered flow has
   * its name as `flow`
   * @throws if a stage does not take what the one before it returns, images remain at the end, a path occurs twice, two
   * stages declare one condition with different shapes, the classes or the condition are `true`, or no stage uses them
   */
  constructor(imageShape: ImageShape, parts: readonly PlacedPart[], options: Partial<ModelOptions> = {}) {
    const stages = parts.map((part) => ({ ...part, stage: stageFrom(part.stage) }));
    const { classes = [], condition = [] } = options;
    if (classes === true) {
      throw new UserError(
        'invalid-config',
        'model.classes is true, but the classes of the images are unknown here: list their names, or start a run on images with labels',
      );
    }
    if (!isKnownCondition(condition)) {
      throw new UserError(
        'invalid-config',
        `model.condition is ${condition === true ? 'true' : 'a list of names'}, but the conditions of the images are unknown here: list them with mean and deviation, or start a run on images with conditions`,
      );
    }
    requireSequence(imageShape, stages);
    const { bits, ...others } = completeOptions(options);
    this.options =
      options.continuous === undefined ? { ...others, bits: bits ?? modelDefaults.bits } : others;
    this.classes = classes;
    this.condition = collectConditions(
      stages.map(({ path, stage }): Declaration => [`stage '${path}'`, stage.bijection]),
    );
    requireDeclared(this.condition, classes, condition);
    this.imageShape = imageShape;
    this.stages = stages;
    this.values = buildImageValues(imageShape, this.options);
    this.dequantiser = createDequantiser(imageShape, this.options);
    this.priors = stages.flatMap(({ path, stage: { latentShape, base } }) =>
      latentShape ? [{ path, latentShape, base: base! }] : [],
    );
    this.latentShapes = this.priors.map(({ latentShape }) => latentShape);
    this.parameters = Object.assign(
      {},
      prefixed(DEQUANTISER, this.dequantiser.parameters),
      ...stages.map(({ path, stage }) => prefixed(path, stage.parameters)),
    );
  }

  likelihood(image: Tensor, noise: Tensor, parameters: Parameters, condition?: Condition): Likelihood {
    const { u, logDensity } = this.dequantisationNoise(image, noise, parameters);
    const { latents, ...densities } = this.encode(this.dequantise(image, u), parameters, condition);
    const logLikelihood = this.logLikelihood({ ...densities, ...(logDensity && { logNoise: logDensity }) });
    return { logLikelihood, logDet: densities.logDet, latents };
  }

  dequantisationNoise(image: Tensor, noise: Tensor, parameters: Parameters): DequantisationNoise {
    return this.dequantiser.noise(noise, this.values.toModel(image), parameters.at(DEQUANTISER));
  }

  logLikelihoodByClass(image: Tensor, noise: Tensor, parameters: Parameters, condition?: Condition): Tensor {
    const { u, logDensity } = this.dequantisationNoise(image, noise, parameters);
    const ofNoise = logDensity ? [{ logNoise: logDensity }] : [];
    return byClass(this, this.dequantise(image, u), ofNoise, parameters, condition);
  }

  logDensityByClass(x: Tensor, parameters: Parameters, condition?: Condition): Tensor {
    return byClass(this, x, [], parameters, condition);
  }

  dequantise(image: Tensor, u: Tensor): Tensor {
    return this.values.toModel(image, u);
  }

  logLikelihood({ logPrior, logDet, logNoise }: Densities): Tensor {
    const density = subtract(add(logPrior, logDet), imageLogScale(this.values, this.imageShape));
    return logNoise ? subtract(density, logNoise) : density;
  }

  logLikelihoodMap(image: Tensor, noise: Tensor, parameters: Parameters, condition?: Condition): Tensor {
    const { u, logDensityMap } = this.dequantisationNoise(image, noise, parameters);
    const shares = sumOfShares(
      this.stages,
      this.stageResults(this.dequantise(image, u), parameters, condition),
    );
    const density = subtract(shares, this.values.logScale);
    return logDensityMap ? subtract(density, logDensityMap) : density;
  }

  encode(x: Tensor, parameters: Parameters, condition?: Condition): Encoding {
    const results = this.stageResults(x, parameters, condition);
    return { latents: results.flatMap(({ epsilon }) => epsilon ?? []), ...sumOfDensities(results) };
  }

  drawLatents(normals: readonly Tensor[], parameters: Parameters): Tensor[] {
    return this.priors.map(({ path, base }, index) =>
      base.sample(normals[index]!, parameters.at(path).at(BASE)),
    );
  }

  stageResults(x: Tensor, parameters: Parameters, condition?: Condition): StageResult[] {
    checkCondition('the flow', this.condition, condition, x.shape[0]!);
    const results: StageResult[] = [];
    let z = x;
    for (const { path, stage } of this.stages) {
      const result = stage.forward(checkpoint(z), parameters.at(path), condition);
      results.push(result);
      z = result.y ?? z;
    }
    return results;
  }

  decode(latents: readonly Tensor[], parameters: Parameters, condition?: Condition): Tensor {
    checkCondition('the flow', this.condition, condition, latents[0]!.shape[0]!);
    const remaining = [...latents];
    let y: Tensor | undefined;
    for (const { path, stage } of this.stages.toReversed()) {
      const epsilon = stage.latentShape && remaining.pop()!;
      const values = { ...(y && { y }), ...(epsilon && { epsilon }) };
      y = stage.inverse(values, parameters.at(path), condition);
    }
    return y!;
  }
}

/** The log-likelihood of dequantised images under each class, given what their noise contributes. */
function byClass(
  flow: StagedFlow,
  x: Tensor,
  ofNoise: readonly Partial<Densities>[],
  parameters: Parameters,
  condition: Condition | undefined,
): Tensor {
  const { [CLASSES]: _, ...others } = flow.condition;
  checkCondition('the flow', others, condition, x.shape[0]!);
  const below = [...ofNoise];
  let z = x;
  // Up to the last stage, which depends on the class, everything is the same for all classes, and computed once.
  for (const { path, stage } of flow.stages) {
    const p = parameters.at(path);
    if (stage.byClass) {
      const otherDensity = flow.logLikelihood(sumOfDensities(below));
      return add(
        stage.byClass.logPrior(z, p, condition),
        otherDensity.rank === 0 ? otherDensity : reshape(otherDensity, [z.shape[0]!, 1]),
      );
    }
    const result = stage.forward(checkpoint(z), p, condition);
    below.push(result);
    z = result.y ?? z;
  }
  throw new Error('a flow without a prior that depends on the class has no likelihood by class');
}

function requireSequence(imageShape: ImageShape, stages: readonly PlacedStage[]): void {
  const paths = new Set<string>();
  let shape: ImageShape | undefined = imageShape;
  for (const { path, stage } of stages) {
    if (paths.has(path) || path === DEQUANTISER) {
      throw new Error(`flow: the path '${path}' is taken; give every stage its own`);
    }
    paths.add(path);
    const { inputShape } = stage.bijection;
    if (!shape || !sameShape(shape, inputShape)) {
      throw new Error(
        `flow: stage '${path}' takes images [${inputShape}], but ${shape ? `it is given [${shape}]` : 'none are left for it'}`,
      );
    }
    if (stage.byClass && stage !== stages.at(-1)!.stage) {
      throw new Error(`flow: stage '${path}' has densities by class, but is not the last one`);
    }
    shape = stage.outputShape;
  }
  if (shape) {
    throw new Error(`flow: the last stage returns images [${shape}]; end with a prior`);
  }
}

/**
 * Checks that a flow uses the classes and conditions of its options, and knows the names of its classes.
 *
 * @throws UserError (`invalid-config`) if not
 */
function requireDeclared(
  declared: ConditionShapes,
  classes: readonly string[],
  components: readonly ConditionComponent[],
): void {
  const [count = 0] = declared[CLASSES] ?? [];
  if (count !== classes.length) {
    throw new UserError(
      'invalid-config',
      count === 0
        ? 'model.classes names classes, but no layer of the flow depends on them: leave it out'
        : `the layers of the flow depend on ${count} classes, but model.classes names ${classes.length}: name all of them`,
    );
  }
  for (const { name, shape = [1] } of components) {
    const accepted = declared[name];
    if (!accepted || !sameShape(accepted, shape)) {
      throw new UserError(
        'invalid-config',
        accepted
          ? `the condition ${name} is ${showShape(shape)} in model.condition, but ${showShape(accepted)} in the layers of the flow`
          : `model.condition names ${name}, but no layer of the flow depends on it: leave it out`,
      );
    }
  }
}
