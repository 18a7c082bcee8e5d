// bits/dim of every image in a dataset, by a program that computes it per batch; and the conditions of the images as arrays for
// programs, by name: the data's conditions, and the class, one-hot.
import { UserError } from '../../core/errors.ts';
import {
  bytesOfValues,
  countDimensions,
  countElements,
  type ImageShape,
  type NdArray,
  oneHotRows,
  RandomStream,
  type Values,
  valueKind,
} from '../../core/numeric/index.ts';
import { nextTurn } from '../../core/platform/index.ts';
import { sha256 } from '../../core/platform/sha256.node.ts';
import { onlyRank, partOfRank, type Ranks } from '../../core/ranks/index.ts';
import type { Conditions, ImageSet } from '../../data/contract/index.ts';
import { batchesInOrder } from '../../data/index.ts';
import { toBits } from '../../data/pixels/index.ts';
import { CLASSES, type Condition, type Dequantiser, parametersFrom } from '../../flows/contract/index.ts';
import {
  type ConditionComponent,
  type DequantisationName,
  dequantisers,
  type Flow,
  type ImageValues,
  knownComponents,
  type ModelOptions,
  requireKind,
} from '../../flows/models/index.ts';
import { requireConditions, requireLabels } from '../../runs/images/index.ts';
import type { Program, ProgramArrays } from '../../tensor/engine/index.ts';
import { constant, input, type ProgramDefinition, type Tensor } from '../../tensor/index.ts';
import { divide } from '../../tensor/operations/index.ts';

/** Random draws for dequantisation, shaped like the images. */
export interface BatchNoise extends NdArray {
  /** The dequantisation that it was drawn for; `uniform` if missing. */
  readonly dequantisation?: DequantisationName;
}

/**
 * A batch for one run of a program: every array has one row per image, as do the model's conditions, `[N, …]`
 * under `condition/NAME`; the classes, under `condition/classes`, are one-hot, `[N, K]`.
 */
export interface Batch extends Readonly<Record<string, NdArray>> {
  /** Integer pixel values, 0 to 2^bits − 1, or real numbers, `[N, H, W, C]`. */
  readonly image: NdArray;
  /**
   * Random draws for dequantisation, of the same shape: uniform on [0, 1), or standard normal if it is variational. Unused
   * for real numbers.
   */
  readonly noise: BatchNoise;
}

/**
 * Checks that a model can use the noise of a batch: with another kind, its loss would not be a bound.
 *
 * @throws UserError (`mismatch`) if it was drawn for another dequantisation
 */
export function requireNoise(
  bound: DequantisationName,
  { dequantisation = dequantisers.names[0]! }: BatchNoise,
): void {
  if (dequantisation !== bound) {
    throw new UserError(
      'mismatch',
      `the noise of the batch was drawn for ${dequantisation} dequantisation, but the model uses ${bound} dequantisation: ` +
        'give BatchLoader this model, or fill the noise with model.dequantiser.draw and set noise.dequantisation',
    );
  }
}

/** `count` images of a batch starting at image `first`, as views of its arrays. */
export function sliceBatch(batch: Batch, first: number, count: number): Batch {
  const part = ({ shape: [, ...imageDimensions], data }: NdArray): NdArray => {
    const size = countElements(imageDimensions);
    return { shape: [count, ...imageDimensions], data: data.subarray(first * size, (first + count) * size) };
  };
  return mapBatch(batch, part);
}

/** A batch of the results of a function of each array. */
export function mapBatch(
  { image, noise, ...otherArrays }: Batch,
  change: (array: NdArray) => NdArray,
): Batch {
  const { dequantisation } = noise;
  return {
    image: change(image),
    noise: { ...change(noise), ...(dequantisation && { dequantisation }) },
    ...Object.fromEntries(Object.entries(otherArrays).map(([name, array]) => [name, change(array)])),
  };
}

/**
 * An array for a batch of images: real numbers, or integers reduced to the model's bits.
 *
 * @throws UserError (`mismatch`) if the model does not take values of this kind
 */
export function imageArray(
  pixels: Values,
  imageShape: ImageShape,
  values: Pick<ImageValues, 'bits'>,
): NdArray {
  requireKind(valueKind(pixels)!, values);
  return {
    shape: [pixels.length / countDimensions(imageShape), ...imageShape],
    data: Float32Array.from(
      values.bits === undefined || pixels instanceof Float32Array ? pixels : toBits(pixels, values.bits),
    ),
  };
}

/**
 * The inputs of a batch (`image`, `noise`, and the model's conditions), and bits/dim of each image under a
 * model: given its condition.
 *
 * @param tensors the parameters by path
 */
export function buildBitsPerDim(
  model: Flow,
  batchSize: number,
  tensors: Readonly<Record<string, Tensor>>,
): { inputs: Record<string, Tensor>; bitsPerDim: Tensor } {
  const shape = [batchSize, ...model.imageShape];
  const [image, noise] = [input('image', shape), input('noise', shape)];
  const condition = conditionInputs(model, batchSize);
  const { logLikelihood } = model.likelihood(image, noise, parametersFrom(tensors), condition);
  return {
    inputs: { image, noise, ...asConditionInputs(condition) },
    bitsPerDim: bitsPerDimFrom(model, logLikelihood),
  };
}

/** bits/dim of each image, −logLikelihood / (D·ln 2), from its log-likelihood in nats. */
export function bitsPerDimFrom({ imageShape }: Flow, logLikelihood: Tensor): Tensor {
  return divide(logLikelihood, -countDimensions(imageShape) * Math.LN2);
}

/**
 * The program that computes `bitsPerDim` from a batch, with these parameter inputs and tensors.
 */
export function likelihoodDefinition(
  model: Flow,
  batchSize: number,
  { inputs, tensors }: { inputs: Record<string, Tensor>; tensors: Record<string, Tensor> },
): ProgramDefinition {
  const batch = buildBitsPerDim(model, batchSize, tensors);
  return { inputs: { ...batch.inputs, ...inputs }, outputs: { bitsPerDim: batch.bitsPerDim } };
}

/** How the images of a dataset are measured. */
export interface Measurement {
  readonly batchSize: number;
  /** What the values of images are to the model. */
  readonly values: Pick<ImageValues, 'bits'>;
  /** The model's, which says what its noise is drawn from. */
  readonly dequantiser: Pick<Dequantiser, 'draw'>;
  readonly seed: number;
  /**
   * Which draw of the noise: an image's noise depends only on seed, draw and index, not on the batch size.
   */
  readonly draw: number;
  /** Whether it depends on the image's content instead of its index, so that position does not matter. */
  readonly noiseByContent?: boolean;
  /** The conditions of images, for a program that takes them. */
  readonly condition?: ConditionReader | undefined;
  /** The processes that measure a part of the images each; by default only this one. */
  readonly ranks?: Ranks | undefined;
  /** The program's inputs other than images and noise. */
  readonly weights?: ProgramArrays;
  /** Stops the measurement between two batches. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch with the number of images done, by all ranks if they are equally fast, and of all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** bits/dim of each image in a dataset, for one noise draw; lets the event loop run between batches. */
export async function measureBitsPerDim(
  program: Program,
  images: ImageSet,
  measurement: Measurement,
): Promise<Float64Array> {
  const result = new Float64Array(images.count);
  await measureInBatches(program, images, measurement, ({ bitsPerDim }, first, count) => {
    result.set(bitsPerDim!.data.subarray(0, count), first);
  });
  // Zeros for the images of other ranks: their sum is exact.
  await measurement.ranks?.sum(result);
  return result;
}

/**
 * Runs a program that takes `image` and `noise` on all images of a dataset, for one noise draw; lets the event
 * loop run between batches.
 *
 * @param take is called with the results of each batch, the position of its first image and the number of its
 *   images; results may hold further ones after these
 */
export async function measureInBatches(
  program: Program,
  images: ImageSet,
  {
    batchSize,
    values,
    dequantiser,
    seed,
    draw,
    noiseByContent = false,
    condition,
    weights = {},
    ranks = onlyRank,
    signal,
    onProgress,
  }: Measurement,
  take: (results: Readonly<Record<string, NdArray>>, first: number, count: number) => void,
): Promise<void> {
  const dimensions = countDimensions(images.imageShape);
  const noise = new Float32Array(batchSize * dimensions);
  const part = partOfRank(ranks, images.count);
  let done = part.first;
  for (const batch of batchesInOrder(images, batchSize, part)) {
    signal?.throwIfAborted();
    for (let index = 0; index < batch.count; index++) {
      const pixels = batch.images.subarray(index * dimensions, (index + 1) * dimensions);
      const noiseKey = noiseByContent ? sha256([bytesOfValues(pixels)]) : done + index;
      const stream = new RandomStream(seed, 'dequantise', draw, noiseKey);
      dequantiser.draw(stream, noise.subarray(index * dimensions, (index + 1) * dimensions));
    }
    const image = imageArray(batch.images, images.imageShape, values);
    const results = await program.run({
      image,
      noise: { shape: image.shape, data: noise },
      ...condition?.(Array.from({ length: batchSize }, (_, index) => Math.min(done + index, part.end - 1))),
      ...weights,
    });
    take(results, done, batch.count);
    done += batch.count;
    const share = (done - part.first) / (part.end - part.first);
    onProgress?.(Math.round(share * images.count), images.count);
    await nextTurn();
  }
}

/** Values by the names of the inputs of programs that conditions have: apart from all other inputs, whatever their names. */
export type ByConditionInput<Value> = Readonly<Record<`condition/${string}`, Value>>;

/** The conditions of a batch: `[N, …]` each, by the inputs that take them. The classes are one-hot, `[N, K]`. */
export type ConditionArrays = ByConditionInput<NdArray>;

/** Values by the names of conditions, renamed to the inputs that take them. */
export function asConditionInputs<Value>(values: Readonly<Record<string, Value>>): ByConditionInput<Value> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`condition/${name}`, value]));
}

/** The conditions of the images at some positions, in that order. */
export type ConditionReader = (indices: ArrayLike<number>) => ConditionArrays;

/** A flow, as far as its condition is concerned. */
export interface Conditioned extends Pick<Flow, 'condition'> {
  readonly options: Pick<ModelOptions, 'condition'>;
}

/** A condition of a flow other than the classes: its shape for one image, and the scale of its values. */
export interface NamedCondition extends Required<ConditionComponent> {
  /** Whether it is a number; otherwise it is several numbers, or an image. */
  readonly isNumber: boolean;
}

/**
 * The conditions of a flow except the classes, in the order of its options. Those that only its layers name have the mean
 * 0 and the deviation 1.
 */
export function conditionComponents({ condition, options }: Conditioned): readonly NamedCondition[] {
  const measured = knownComponents(options.condition);
  const { [CLASSES]: _, ...shapes } = condition;
  const names = [
    ...measured.map(({ name }) => name).filter((name) => name in shapes),
    ...Object.keys(shapes),
  ];
  return [...new Set(names)].map((name) => {
    const shape = shapes[name]!;
    const { mean = 0, deviation = 1 } = measured.find((component) => component.name === name) ?? {};
    return { name, shape, mean, deviation, isNumber: shape.length === 1 && shape[0] === 1 };
  });
}

/**
 * Reads the conditions of images that a flow depends on, without classes.
 *
 * @param subject the images, for errors: `the images of digits`
 * @throws UserError (`mismatch`) if one is missing or has another shape
 */
export function componentReader(
  flow: Conditioned,
  imageConditions: Conditions | undefined,
  subject: string,
): ConditionReader {
  return arraysReader(requireComponents(flow, imageConditions, subject));
}

/** The conditions of images that a flow depends on, without classes; they must have them, in the flow's shapes. */
function requireComponents(
  flow: Conditioned,
  imageConditions: Conditions | undefined,
  subject: string,
): Conditions {
  const components = conditionComponents(flow);
  const conditions = requireConditions(imageConditions, components, subject);
  return Object.fromEntries(components.map(({ name }) => [name, conditions[name]!]));
}

/** Reads conditions as arrays. */
function arraysReader(conditions: Conditions): ConditionReader {
  return (indices) =>
    asConditionInputs(
      Object.fromEntries(
        Object.entries(conditions).map(([name, values]) => {
          const data = new Float64Array(indices.length * countElements(values.shape));
          values.read(indices, data);
          return [name, { shape: [indices.length, ...values.shape], data }];
        }),
      ),
    );
}

/**
 * Reads everything a flow depends on in addition to the images, including classes.
 *
 * @param name the name of the dataset, for errors
 * @throws UserError (`mismatch`) if something is missing or has another shape
 */
export function conditionReader(
  flow: Conditioned & Pick<Flow, 'classes'>,
  images: Pick<ImageSet, 'labels' | 'conditions'>,
  name: string,
): ConditionReader {
  const { classes } = flow;
  const conditions = requireComponents(flow, images.conditions, `the images of ${name}`);
  const labels = classes.length > 0 && { [CLASSES]: requireLabels(images, classes, name) };
  return arraysReader({ ...conditions, ...labels });
}

/**
 * The conditions of a flow's programs for a batch: an input `[images, …]` for each condition that the flow accepts.
 * `asConditionInputs` gives them their names in the program.
 */
export function conditionInputs({ condition }: Pick<Flow, 'condition'>, images: number): Condition {
  return Object.fromEntries(
    Object.entries(condition).map(([name, shape]) => [name, input(`condition/${name}`, [images, ...shape])]),
  );
}

/** The condition of a flow's programs as constants. */
export function conditionFromArrays(arrays: ConditionArrays): Condition {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name.replace('condition/', ''), constant(array)]),
  );
}

/** The numbers of classes as a condition: one-hot rows, `[N, count]`. */
export function oneHotClasses(numbers: ArrayLike<number>, count: number): ConditionArrays {
  return asConditionInputs({ [CLASSES]: oneHotRows(numbers, count) });
}
