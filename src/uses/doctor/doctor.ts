// The doctor: examines every layer of a trained model on real images and the model as a whole, and reports
// problems.

import { requireArgument } from '../../core/numeric/index.ts';
import { requireMemory } from '../../core/platform/index.ts';
import {
  evenlySpread,
  hasClasses,
  type ImageSet,
  labelsFrom,
  readAll,
  subset,
} from '../../data/contract/index.ts';
import { type Flow, listLayers } from '../../flows/models/index.ts';
import {
  bytesOfRun,
  choiceFrom,
  FlowModel,
  likelihoodBytes,
  partOfWork,
  type TrainedModel,
  type WorkOptions,
} from '../../model/index.ts';
import { conditionFromArrays, conditionReader } from '../../model/likelihood/index.ts';
import { type Evaluation, evaluate } from '../../model/measure/index.ts';
import { type CompileOptions, defaultDevice, isHost, releaseAfter } from '../../tensor/engine/index.ts';
import { measureLayers, measureModel } from './checks.ts';
import { examineHardImages, type HardImagesExamination } from './examineHardImages.ts';
import { examineLayers, type LayerExamination } from './examineLayer.ts';
import {
  examineModel,
  type LatentStatistics,
  type Reconstruction,
  type SampleStatistics,
} from './examineModel.ts';
import { countNoiseLayers, examineNoise, type NoiseStatistics } from './examineNoise.ts';
import { judge, type Verdict } from './judge.ts';
import { dequantised } from './returnedImages.ts';

/** How a model is examined. Progress counts layers. */
export interface DoctorOptions extends CompileOptions, WorkOptions {
  /** How many images to use, spread evenly over the dataset; at most its size; default 64. */
  readonly images?: number | undefined;
  /** The seed of random directions, dequantisation and samples. */
  readonly seed?: number;
  /**
   * Whether ln|det| of every layer is checked against its whole Jacobian. By default only for images of at most 800
   * values; larger images use an estimate. Time grows with the cube of the number of values, memory with the square.
   */
  readonly exact?: boolean | undefined;
  /** Whether the slow parts are left out: the numerical ln|det| of the layers, and hard images. */
  readonly quick?: boolean | undefined;
  /** Called with the number of kinds of hard images done, and the total. */
  onHardImages?(done: number, total: number): void;
  /** Called after each layer with the diagnosis so far: the images, and the layers that are done. */
  onPart?(diagnosis: Diagnosis): void;
}

/** All measurements, and the verdict. */
export interface Diagnosis extends Verdict {
  /** How many images there were to choose from. */
  readonly available: number;
  /** Each layer, in the order of encoding, starting with variational dequantisation's. */
  readonly layers: readonly LayerExamination[];
  /** The dequantisation noise of the images, which comes from a flow; null if it is uniform. */
  readonly noise: NoiseStatistics | null;
  /** The round trip of the images; positions are those in the dataset. */
  readonly reconstruction: Reconstruction;
  /** Round trips of images unlike those that the model was trained on, made from some of the images; null if the values are not 8-bit integers, or if they were left out. */
  readonly hardImages: HardImagesExamination | null;
  /** The latents of the images, prior by prior. */
  readonly latents: readonly LatentStatistics[];
  /** Samples at temperature 1, as many as there are images. */
  readonly samples: SampleStatistics;
  /** bits/dim of the images with one draw of dequantisation noise. */
  readonly bitsPerDim: BitsPerDimSpread;
}

/** bits/dim of some images. */
interface BitsPerDimSpread {
  /** Over the images. */
  readonly mean: number;
  /** Over the images. */
  readonly median: number;
  /** The image with the highest bits/dim, and its position in the dataset. */
  readonly worst: Evaluation['worst'];
  /** Always: other noise would give other values. `evaluate` takes more draws, and says how much they vary. */
  readonly estimated: true;
}

/** The most images that are changed to be hard to recover, each in several ways. */
const HARD_IMAGES = 16;

/** How many images are used by default. */
export const DOCTOR_IMAGES = 64;

/** The approximate bytes of memory to examine this many images, which are encoded together. */
export function examinationBytes(trained: TrainedModel, images: number): number {
  return bytesOfRun(images * likelihoodBytes(trained));
}

/**
 * Examines a trained model on real images.
 *
 * @example
 * ```ts
 * import { diagnose, loadModel } from 'emerging-flows';
 * import { openDataset } from 'emerging-flows/data';
 *
 * const model = await loadModel('runs/quickstart');
 * const { validation } = await openDataset('mnist');
 * const { ok, problems } = await diagnose(model, validation, { quick: true });
 * await model.release();
 * ```
 */
export async function diagnose(
  trained: TrainedModel,
  images: ImageSet,
  {
    images: wanted = DOCTOR_IMAGES,
    seed = 0,
    exact = false,
    quick = false,
    signal,
    onProgress,
    onHardImages,
    onPart,
    ...options
  }: DoctorOptions = {},
): Promise<Diagnosis> {
  requireArgument(
    trained?.model !== undefined && typeof images?.count === 'number',
    "diagnose needs a model and images, such as diagnose(model, (await openDataset('mnist')).validation)",
  );
  const { model, parameters } = trained;
  const { bits, kind } = model.values;
  const count = Math.min(wanted, images.count);
  if (isHost(options.device ?? defaultDevice)) {
    const subject = `the activations of ${count} images`;
    requireMemory(subject, examinationBytes(trained, count), 'use fewer images, or a smaller model');
  }
  const positions = evenlySpread(count, images.count);
  const chosen = subset(images, positions);
  const x = await dequantised(chosen, model);
  const classes = await imageClasses(trained, chosen, { ...options, signal });
  signal?.throwIfAborted();
  onProgress?.(0, countLayers(model));
  const labelledImages = {
    ...chosen,
    ...(classes.length > 0 && { labels: labelsFrom(model.classes, (index) => classes[index]!) }),
  };
  const conditionOfImages = conditionReader(model, labelledImages, 'this set');
  const examining = { ...options, seed, condition: conditionOfImages([...positions.keys()]) };
  const { reconstruction, samples, ...examined } = await examineModel(trained, x, examining);
  const estimated = count < images.count;
  const latents = examined.latents.map((latent) => ({ ...latent, estimated }));
  const measured = await releaseAfter((keep) =>
    evaluate(keep(new FlowModel(trained, options)), chosen, { seed, signal }),
  );
  const { bitsPerDim: mean, median, worst } = measured;
  const layers: LayerExamination[] = [];
  let noise: NoiseStatistics | null = null;
  const conclude = (hardImages: HardImagesExamination | null): Diagnosis => {
    const ofModel = {
      noise,
      reconstruction: { ...reconstruction, worstImage: positions[reconstruction.worstImage]! },
      hardImages,
      latents,
      samples,
      bitsPerDim: { mean, median, worst: { ...worst, index: positions[worst.index]! }, estimated: true },
    } as const;
    return {
      ...judge([...measureLayers(layers), ...measureModel({ ...ofModel, bits })]),
      available: images.count,
      layers: [...layers],
      ...ofModel,
    };
  };
  const onLayer = (examination: LayerExamination): void => {
    layers.push(examination);
    onPart?.(conclude(null));
  };
  const how = { ...options, seed, exact, quick, onLayer };
  const part = (before: number): WorkOptions =>
    partOfWork({ signal, onProgress }, { before, of: countLayers(model) });
  noise = await examineNoise(trained, chosen, { ...how, ...part(0) });
  await examineLayers(listLayers(model), parameters, x, {
    ...how,
    condition: conditionFromArrays(conditionOfImages([0])),
    ...part(countNoiseLayers(model)),
  });
  const hard = subset(chosen, evenlySpread(Math.min(count, HARD_IMAGES), count));
  const hardImages =
    kind === 'uint8' && !quick
      ? await examineHardImages(trained, hard, {
          ...options,
          seed,
          signal,
          onProgress: (done, total) => onHardImages?.(done, total),
        })
      : null;
  return conclude(hardImages);
}

/** The number of the class of each image: its label, or the most probable one; none for a model without classes. */
async function imageClasses(
  trained: TrainedModel,
  images: ImageSet,
  { signal, ...options }: CompileOptions & Pick<WorkOptions, 'signal'>,
): Promise<number[]> {
  const { classes } = trained.model;
  if (classes.length === 0) {
    return [];
  }
  if (images.labels && hasClasses(images, classes)) {
    const { labels } = images;
    return Array.from({ length: images.count }, (_, image) => labels.classAt(image));
  }
  const classifications = await releaseAfter((keep) =>
    keep(new FlowModel(trained, options)).classify(readAll(images), {
      noiseByContent: true,
      signal,
      condition: choiceFrom(trained.model, images),
    }),
  );
  return classifications.map(({ number }) => number);
}

/** How many layers are examined. */
function countLayers(model: Flow): number {
  return countNoiseLayers(model) + listLayers(model).length;
}
