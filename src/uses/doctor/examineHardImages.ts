// Round trips of images unlike those that the model was trained on: how many do not return, and the smallest change.

import { countDimensions, RandomStream } from '../../core/numeric/index.ts';
import { type ImageSet, readAll } from '../../data/contract/index.ts';
import { reduceBits, requireEightBits, toFullRange } from '../../data/pixels/index.ts';
import { parametersFrom } from '../../flows/contract/index.ts';
import {
  compileForImages,
  createConditionRows,
  FlowModel,
  type ImageCompileOptions,
  type ImageProgram,
  imagesPerRun,
  meanCondition,
  type TrainedModel,
  type WorkOptions,
} from '../../model/index.ts';
import { conditionFromArrays } from '../../model/likelihood/index.ts';
import {
  type CompileOptions,
  onCpu,
  type Precision,
  precisions,
  releaseAfter,
} from '../../tensor/engine/index.ts';
import { gradients } from '../../tensor/gradients/gradient.ts';
import { constant, input, OPEN_BATCH } from '../../tensor/index.ts';
import { sum } from '../../tensor/operations/index.ts';

/** Images changed in one way, and how many of them do not return. */
export interface HardImages {
  /**
   * `unchanged`; `inverted`; with uniform `noise`; or `chosen`: each pixel moved against the model, in the direction that
   * makes its inverse amplify rounding more.
   */
  readonly kind: HardKind;
  /** The largest change of a pixel in grey levels: a pixel of b bits has 2^b. */
  readonly change: number;
  /** How many of the images do not return every pixel, by the precision of encoding and decoding. */
  readonly lost: Readonly<Record<Precision, number>>;
}

/** Round trips of changed images. */
export interface HardImagesExamination {
  /** How many images were changed in each way. */
  readonly images: number;
  /** Each way, and the unchanged images. */
  readonly kinds: readonly HardImages[];
  /**
   * The smallest tried change after which an image is not recovered: the largest change of one of its pixels in grey
   * levels, by precision; null if all images are recovered. A smaller one may exist.
   */
  readonly smallestChange: Readonly<Record<Precision, number | null>>;
}

/** How hard images are examined. Progress counts the kinds of changes. */
interface HardImagesOptions extends CompileOptions, WorkOptions {
  /** The seed of the noise. */
  readonly seed: number;
}

/** Changes images in several ways, and encodes and decodes them in float32 and in float64. */
export function examineHardImages(
  trained: TrainedModel,
  images: ImageSet,
  { seed, signal, onProgress, ...options }: HardImagesOptions,
): Promise<HardImagesExamination> {
  return releaseAfter(async (keep) => {
    const { imageShape } = trained.model;
    const { bits = 8 } = trained.model.values;
    const size = countDimensions(imageShape);
    const levels = reduceBits(requireEightBits(readAll(images), 'examining hard images'), bits);
    const condition = meanCondition(trained.model);
    const flow = keep(new FlowModel(trained, { ...options, precision: 'float32' }));
    const changed = [
      ...changedImages(levels, { bits, seed }),
      ...(await chosenImages(trained, levels, options)),
    ];
    const smallest: Record<Precision, number | null> = { float32: null, float64: null };
    const kinds: HardImages[] = [];
    for (const { kind, levels: changedLevels } of changed) {
      const changes = largestChanges(levels, changedLevels, size);
      const pixels = toFullRange(changedLevels, bits);
      const lost: Record<Precision, number> = { float32: 0, float64: 0 };
      for (const precision of precisions) {
        const latents = await flow.encode(pixels, { condition, precision, signal });
        const { inexact } = await flow.verify(pixels, latents, { condition, signal });
        lost[precision] = inexact.length;
        for (const image of inexact) {
          smallest[precision] = Math.min(smallest[precision] ?? Number.POSITIVE_INFINITY, changes[image]!);
        }
      }
      kinds.push({ kind, change: Math.max(...changes), lost });
      onProgress?.(kinds.length, changed.length);
    }
    return { images: images.count, kinds, smallestChange: smallest };
  });
}

/** The largest change of a pixel in each image. */
function largestChanges(before: Uint8Array, after: Uint8Array, size: number): number[] {
  const changes = new Array<number>(before.length / size).fill(0);
  before.forEach((level, index) => {
    const image = Math.floor(index / size);
    changes[image] = Math.max(changes[image]!, Math.abs(after[index]! - level));
  });
  return changes;
}

/**
 * How the images were changed. `chosen` moves each pixel in the direction that lowers Σ ln|det| of the layers, so that
 * the inverse amplifies rounding more.
 */
type HardKind = 'unchanged' | 'inverted' | 'noise' | 'chosen';

/** Images changed in one way, at the model's bit depth. */
interface ChangedImages {
  readonly kind: HardKind;
  /** All images, concatenated. */
  readonly levels: Uint8Array;
}

/** Noise is uniform within each of these. */
const NOISE = [1, 2, 4];

/** How many times each pixel is moved by one grey level against the model. */
const CHOSEN_STEPS = 4;

/** The images unchanged, inverted and with noise. */
export function changedImages(
  levels: Uint8Array,
  { bits, seed }: { bits: number; seed: number },
): ChangedImages[] {
  const largest = 2 ** bits - 1;
  return [
    { kind: 'unchanged', levels },
    { kind: 'inverted', levels: levels.map((level) => largest - level) },
    ...NOISE.map((within): ChangedImages => {
      const random = new RandomStream(seed, 'noise', within);
      const noisy = levels.map((level) => clip(level + random.integer(2 * within + 1) - within, largest));
      return { kind: 'noise', levels: noisy };
    }),
  ];
}

/**
 * The images after each step of one grey level against the model; none if ln|det| is the same for every image, which
 * leaves no direction to choose.
 */
export async function chosenImages(
  trained: TrainedModel,
  levels: Uint8Array,
  options: CompileOptions,
): Promise<ChangedImages[]> {
  const {
    imageShape,
    values: { bits = 8 },
  } = trained.model;
  // On a GPU, other images would be chosen than on the CPU.
  const program = await compileLogDetGradient(trained, { ...onCpu(options), precision: 'float32' });
  if (program === undefined) {
    return [];
  }
  const results: ChangedImages[] = [];
  try {
    const size = countDimensions(imageShape);
    const batch = size * imagesPerRun(program, { most: levels.length / size, imageShape });
    let reached = levels;
    for (let step = 1; step <= CHOSEN_STEPS; step++) {
      const moved = Uint8Array.from(reached);
      for (let start = 0; start < levels.length; start += batch) {
        const data = Float32Array.from(reached.subarray(start, start + batch));
        const image = { shape: [data.length / size, ...imageShape], data };
        const { gradient } = await program.run({ image });
        gradient!.data.forEach((slope, index) => {
          // A slope that is not a number has no direction.
          const direction = -(Math.sign(slope) || 0);
          moved[start + index] = clip(data[index]! + direction, 2 ** bits - 1);
        });
      }
      results.push({ kind: 'chosen', levels: moved });
      reached = moved;
    }
  } finally {
    await program.release();
  }
  return results;
}

function clip(level: number, largest: number): number {
  return Math.min(Math.max(level, 0), largest);
}

/**
 * The program that computes the `gradient` of Σ ln|det| of the layers with respect to `image`, as the encoder takes it;
 * undefined if ln|det| is the same for every image.
 */
async function compileLogDetGradient(
  { model, parameters }: TrainedModel,
  options: ImageCompileOptions,
): Promise<ImageProgram | undefined> {
  const image = input('image', [OPEN_BATCH, ...model.imageShape]);
  // The log-determinant of the layers does not depend on the class.
  const condition = conditionFromArrays(
    createConditionRows(model, { condition: meanCondition(model) }, 1)(0, 1),
  );
  const x = model.dequantise(image, constant(0.5));
  const { logDet } = model.encode(x, parametersFrom(parameters), condition);
  if (logDet.rank === 0) {
    return undefined;
  }
  const [gradient] = gradients(sum(logDet), [image], constant(1));
  return compileForImages({ inputs: { image }, outputs: { gradient: gradient! } }, options);
}
