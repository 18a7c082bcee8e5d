// The parts of the log-likelihood of images: the density of the latents and ln|det| of each level.
import type { ImageSet } from '../data/contract/index.ts';
import { sumOfDensities } from '../flows/models/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { add } from '../tensor/operations/index.ts';
import { type ClassLikelihoods, overClasses } from './classLikelihoods.ts';
import type { MeasurementOptions } from './flowModelOptions.ts';
import { requireMatchingImages } from './givenImages.ts';
import {
  compileOfImages,
  type ImageCompileOptions,
  type ImageProgram,
  type ImagePrograms,
} from './imagePrograms.ts';
import { measureInBatches, oneHotClasses } from './likelihood/likelihood.ts';
import type { TrainedModel } from './trainedModel.ts';

/** The log-likelihood of images and its parts, in nats, of p(x) for a model with classes. */
export interface LevelDensities {
  /** ln p(x) of each image, for each draw of the noise. */
  readonly logLikelihood: readonly Float64Array[];
  /**
   * The log-density of the latents and ln|det| of each level, `latents 0`, `logDet 0`, `latents 1`, …: of each image, the
   * mean over draws. Terms that are equal for every image, such as ln|det| of 1x1 convolutions, are counted only if other parts
   * of their level vary.
   */
  readonly levels: Readonly<Record<string, Float64Array>>;
  /** ln p(x | class) of a model with classes. */
  readonly classes?: ClassLikelihoods;
}

/** The log-likelihood of each image of a set and its parts: see `FlowModel.levelDensities`. */
export async function measureDensities(
  programs: ImagePrograms,
  images: ImageSet,
  options: MeasurementOptions,
): Promise<LevelDensities> {
  const { model } = programs;
  requireMatchingImages(model, images);
  const count = model.classes.length;
  const { ranks } = options;
  const draws = programs.countDraws(options);
  const total: Float64Array[] = [];
  const byClass: Float64Array[] = [];
  const levels: Record<string, Float64Array> = {};
  // Only the top latents depend on the class: the other parts are the same under the first one.
  await programs.forEachDraw(compileDensities, images, options, async (program, how) => {
    const levelWidth = (name: string): number => (name === 'byClass' ? count : 1);
    const parts = Object.fromEntries(
      Object.keys(program.outputs).map((name) => [name, new Float64Array(images.count * levelWidth(name))]),
    );
    await measureInBatches(
      program,
      images,
      {
        ...how,
        condition: (indices) => ({
          ...(count > 0 && oneHotClasses(new Uint16Array(indices.length), count)),
          ...how.condition?.(indices),
        }),
      },
      (results, first, imageCount) => {
        for (const [name, part] of Object.entries(parts)) {
          const width = levelWidth(name);
          part.set(results[name]!.data.subarray(0, imageCount * width), first * width);
        }
      },
    );
    for (const part of Object.values(parts)) {
      // Zeros for the images of other ranks: their sum is exact.
      await ranks?.sum(part);
    }
    const {
      logLikelihood,
      byClass: top,
      ...others
    } = parts as { logLikelihood: Float64Array } & typeof parts;
    if (top) {
      const classPriors = top.map((prior, index) => {
        const image = Math.floor(index / count);
        return logLikelihood[image]! - top[image * count]! + prior;
      });
      const marginal = overClasses({ classes: count, draws: [classPriors] })[0]!;
      const last = `latents ${model.stages.at(-1)!.level}`;
      others[last] = others[last]!.map((under, image) => under + marginal[image]! - logLikelihood[image]!);
      byClass.push(classPriors);
      total.push(marginal);
    } else {
      total.push(logLikelihood);
    }
    for (const [name, part] of Object.entries(others)) {
      levels[name] ??= new Float64Array(images.count);
      part.forEach((value, image) => {
        levels[name]![image]! += value / draws;
      });
    }
  });
  return {
    logLikelihood: total,
    levels,
    ...(count > 0 && { classes: { classes: count, draws: byClass } }),
  };
}

/**
 * The program that computes the parts of the log-likelihood from `image`, `noise` and `classes`, if any: `logLikelihood`, the
 * density of the latents and ln|det| of each level (`latents 0`, `logDet 0`, …), without those that are the same for every
 * image, and `byClass`, the log-density of the top latents under every class, `[N, K]`.
 */
function compileDensities(trained: TrainedModel, options: ImageCompileOptions): Promise<ImageProgram> {
  const { model } = trained;
  return compileOfImages(trained, options, ({ image, noise, tensors, condition }) => {
    const { u, logDensity } = model.dequantisationNoise(image, noise, tensors);
    const x = model.dequantise(image, u);
    const results = model.stageResults(x, tensors, condition);
    const densities = sumOfDensities([...results, ...(logDensity ? [{ logNoise: logDensity }] : [])]);
    const outputs: Record<string, Tensor> = { logLikelihood: model.logLikelihood(densities) };
    model.stages.forEach(({ stage, level, path }, index) => {
      const { logPrior, logDet } = results[index]!;
      for (const [name, part] of [
        [`latents ${level}`, logPrior],
        [`logDet ${level}`, logDet],
      ] as const) {
        outputs[name] = part && outputs[name] ? add(outputs[name], part) : (part ?? outputs[name]!);
      }
      if (stage.byClass) {
        outputs.byClass = stage.byClass.logPrior(results[index - 1]?.y ?? x, tensors.at(path), condition);
      }
    });
    const varying = Object.entries(outputs).filter(([, part]) => part !== undefined && part.rank > 0);
    return Object.fromEntries(varying);
  });
}
