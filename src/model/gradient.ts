// The gradient of the log-likelihood of images with respect to their values.
import { countDimensions, countElements, type NdArray, type Values } from '../core/numeric/index.ts';
import { CLASSES, type Condition, parametersFrom } from '../flows/contract/index.ts';
import type { Flow } from '../flows/models/index.ts';
import { gradients } from '../tensor/gradients/gradient.ts';
import { constant, input, OPEN_BATCH, type ProgramDefinition, type Tensor } from '../tensor/index.ts';
import { add, detach, divide, exp, log, maximum, split, subtract, sum } from '../tensor/operations/index.ts';
import { createConditionRows } from './conditions.ts';
import type { GradientOptions } from './flowModelOptions.ts';
import { modelValues } from './givenImages.ts';
import {
  compileForImages,
  type ImageCompileOptions,
  type ImageProgram,
  type ImagePrograms,
} from './imagePrograms.ts';
import {
  asConditionInputs,
  type ConditionArrays,
  conditionComponents,
  conditionInputs,
} from './likelihood/likelihood.ts';
import { zerosFor } from './pixels.ts';
import type { TrainedModel } from './trainedModel.ts';

/** The log-likelihood of images, and its gradient. */
export interface ImageGradient {
  /** ln p(x) − D·bits·ln 2 of each image, or the log-density of real numbers, in nats. */
  readonly logLikelihood: Float64Array;
  /**
   * Its gradient, `[N, H, W, C]`, in nats per unit of the values x = (v + u)/2^bits − ½: divided by 2^bits, per step of a
   * pixel. For a continuous model in nats per unit of its images.
   */
  readonly gradient: NdArray;
  /** Its gradient with respect to each component of the condition, by name: `[N]`, or `[N, …]` for several numbers or an image. */
  readonly condition: Readonly<Record<string, NdArray>>;
}

/** The log-likelihood of images and its gradient: see `FlowModel.gradient`. */
export async function gradientOfImages(
  programs: ImagePrograms,
  images: Values | Float64Array,
  { class: choice, condition: conditionChoice, precision, ...following }: GradientOptions,
): Promise<ImageGradient> {
  const { model } = programs;
  const { imageShape, classes } = model;
  const values = modelValues(programs.model, images);
  const dimensions = countDimensions(imageShape);
  const count = values.length / dimensions;
  const how = {
    precision: precision ?? (values instanceof Float64Array ? 'float64' : programs.precision),
    ...following,
  };
  const isMarginal = classes.length > 0 && choice === undefined;
  const rowsAt = createConditionRows(model, { class: choice, condition: conditionChoice }, count);
  const conditionAt = isMarginal
    ? (first: number, end: number) => withoutClasses(rowsAt(first, end))
    : rowsAt;
  const compiler = isMarginal ? compileMarginalGradient : compileValueGradient;
  const logLikelihood = new Float64Array(count);
  const gradient = zerosFor(count, imageShape, how.precision);
  const condition = Object.fromEntries(
    conditionComponents(model).map(({ name, shape: each, isNumber }) => {
      const shape = [count, ...(isNumber ? [] : each)];
      const size = countElements(shape);
      const data = how.precision === 'float64' ? new Float64Array(size) : new Float32Array(size);
      return [name, { shape, data }];
    }),
  );
  await programs.inBatches(count, compiler, how, async (program, first, end) => {
    const data = values.subarray(first * dimensions, end * dimensions);
    const results = await program.run({
      x: { shape: [end - first, ...imageShape], data },
      ...conditionAt(first, end),
    });
    logLikelihood.set(results.logLikelihood!.data, first);
    gradient.data.set(toValueUnit(results.gradient!.data, model), first * dimensions);
    for (const [name, { data }] of Object.entries(condition)) {
      data.set(results[conditionGradient(name)]!.data, (first * data.length) / count);
    }
  });
  return { logLikelihood, gradient, condition };
}

/** A gradient by x as one by the values of images, if these are real numbers. */
function toValueUnit(
  gradient: NdArray['data'],
  { imageShape: [, , channels], values }: Flow,
): NdArray['data'] {
  return values.bits === undefined
    ? gradient.map((value, index) => value * values.slope(index % channels))
    : gradient;
}

/**
 * The program that computes `logLikelihood`, ln p(x) − D·bits·ln 2 of each image, and its `gradient` with respect to the
 * dequantised values `x`, and to each input of the condition but the classes, `gradient of …`. A model with classes takes
 * them as p(x | class).
 */
function compileValueGradient(
  { model, parameters }: TrainedModel,
  options: ImageCompileOptions,
): Promise<ImageProgram> {
  const x = input('x', [OPEN_BATCH, ...model.imageShape]);
  const condition = conditionInputs(model, OPEN_BATCH);
  const logLikelihood = model.logLikelihood(model.encode(x, parametersFrom(parameters), condition));
  return compileForImages(buildGradient(logLikelihood, x, condition), options);
}

/** The same for a model with classes, of p(x) = Σ p(x | class)/K. */
function compileMarginalGradient(
  { model, parameters }: TrainedModel,
  options: ImageCompileOptions,
): Promise<ImageProgram> {
  const x = input('x', [OPEN_BATCH, ...model.imageShape]);
  const { [CLASSES]: _, ...condition } = conditionInputs(model, OPEN_BATCH);
  const byClass = model.logDensityByClass(x, parametersFrom(parameters), condition);
  return compileForImages(buildGradient(overEqualClasses(byClass), x, condition), options);
}

/** ln Σ p(x | class)/K, `[N]`, from ln p(x | class), `[N, K]`. */
export function overEqualClasses(byClass: Tensor): Tensor {
  const classes = byClass.shape[1]!;
  // The result does not depend on the largest number.
  const largest = detach(split(byClass, 1, Array(classes).fill(1)).reduce(maximum));
  const mean = divide(sum(exp(subtract(byClass, largest)), [1]), classes);
  return add(log(mean), sum(largest, [1]));
}

function buildGradient(logLikelihood: Tensor, x: Tensor, condition: Condition): ProgramDefinition {
  const { [CLASSES]: _, ...real } = condition;
  const [gradient, ...others] = gradients(sum(logLikelihood), [x, ...Object.values(real)], constant(1));
  const named = Object.keys(real).map((name, index) => [conditionGradient(name), others[index]!]);
  return {
    inputs: { x, ...asConditionInputs(condition) },
    outputs: { logLikelihood, gradient: gradient!, ...Object.fromEntries(named) },
  };
}

function withoutClasses(arrays: ConditionArrays): ConditionArrays {
  const { 'condition/classes': _, ...others } = arrays;
  return others;
}

/** The output with the gradient with respect to an input of the condition. */
function conditionGradient(name: string): string {
  return `gradient of ${name}`;
}
