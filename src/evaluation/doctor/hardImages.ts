// Images that are hard to recover: real ones inverted, with noise, and changed against the model.
import { onCpu } from '../../engine/devices/device.ts';
import type { CompileOptions } from '../../engine/program.ts';
import { parametersFrom } from '../../flows/contract/parameters.ts';
import { dimensionsOf } from '../../numeric/imageShape.ts';
import { RandomStream } from '../../numeric/random.ts';
import { gradients } from '../../tensor/gradients/gradient.ts';
import { sum } from '../../tensor/operations/index.ts';
import { OPEN_BATCH } from '../../tensor/shape.ts';
import { constant, input } from '../../tensor/tensor.ts';
import { conditionOf } from '../../trained/likelihood/conditionArrays.ts';
import { conditionRowsOf, meanCondition } from '../../trained/model/conditions.ts';
import {
  compileForImages,
  type ImageCompileOptions,
  type ImageProgram,
  imagesPerRun,
} from '../../trained/model/imagePrograms.ts';
import type { TrainedModel } from '../../trained/model/trainedModel.ts';

/**
 * How the images were changed. `chosen` moves each pixel in the direction that lowers Σ ln|det| of the layers, so that
 * the inverse amplifies rounding more.
 */
export type HardKind = 'unchanged' | 'inverted' | 'noise' | 'chosen';

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
    const size = dimensionsOf(imageShape);
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
  const condition = conditionOf(conditionRowsOf(model, { condition: meanCondition(model) }, 1)(0, 1));
  const x = model.dequantise(image, constant(0.5));
  const { logDet } = model.encode(x, parametersFrom(parameters), condition);
  if (logDet.rank === 0) {
    return undefined;
  }
  const [gradient] = gradients(sum(logDet), [image], constant(1));
  return compileForImages({ inputs: { image }, outputs: { gradient: gradient! } }, options);
}
