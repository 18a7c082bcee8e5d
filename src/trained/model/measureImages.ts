// bits/dim of images, and where the bits are: for a model with classes given the class, or over all classes.
import type { ImageSet } from '../../data/contract/dataset.ts';
import type { Precision } from '../../engine/onnx/emitter.ts';
import type { Flow } from '../../models/flow.ts';
import { dimensionsOf } from '../../numeric/imageShape.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import { type Measurement, measureBitsPerDim, measureInBatches } from '../likelihood/likelihood.ts';
import { type ClassLikelihoods, classNumbersOf, givenClass, overClasses, posteriors } from './classes.ts';
import type { LikelihoodOptions, MeasurementOptions } from './flowModelOptions.ts';
import type { ImagePrograms } from './imagePrograms.ts';
import { compileBitsMap, compileClassLikelihoods, compileLikelihood } from './modelPrograms.ts';

/** What is measured, and how. */
export interface ImageMeasurement {
  readonly model: Flow;
  readonly programs: ImagePrograms;
  readonly precision: Precision;
}

/** ln p(x | class) of each image under each class of a model with classes, for each draw of the noise. */
export async function measureClassLikelihoods(
  { model, programs, precision }: ImageMeasurement,
  images: ImageSet,
  options: MeasurementOptions,
): Promise<ClassLikelihoods> {
  const classes = model.classes.length;
  const draws: Float64Array[] = [];
  await programs.forEachDraw(compileClassLikelihoods, precision, images, options, async (program, how) => {
    const values = new Float64Array(images.count * classes);
    await measureInBatches(program, images, how, ({ logLikelihoods }, first, count) => {
      values.set(logLikelihoods!.data.subarray(0, count * classes), first * classes);
    });
    // Zeros for the images of other ranks: their sum is exact.
    await options.ranks?.sum(values);
    draws.push(values);
  });
  return { classes, draws };
}

/** bits/dim of each image for each draw of the noise: of p(x | class) if the classes are given, of p(x) otherwise. */
export async function measureDraws(
  measurement: ImageMeasurement,
  images: ImageSet,
  { class: choice, ...options }: LikelihoodOptions,
): Promise<Float64Array[]> {
  const { model, programs, precision } = measurement;
  const numbers = choice === undefined ? undefined : classNumbersOf(model.classes, choice, images.count);
  if (model.classes.length > 0) {
    const byClass = await measureClassLikelihoods(measurement, images, options);
    return inBitsPerDim(model, numbers ? givenClass(byClass, numbers) : overClasses(byClass));
  }
  const measured: Float64Array[] = [];
  await programs.forEachDraw(compileLikelihood, precision, images, options, async (program, how) => {
    measured.push(await measureBitsPerDim(program, images, how));
  });
  return measured;
}

/** Log-likelihoods in nats as bits/dim. */
export function inBitsPerDim({ imageShape }: Flow, draws: readonly Float64Array[]): Float64Array[] {
  const nats = -dimensionsOf(imageShape) * Math.LN2;
  return draws.map((values) => values.map((value) => value / nats));
}

/**
 * The share of every pixel in −log2 p of its image, `[N, H, W]`, the mean over draws. Without a class the shares are
 * those given each class, weighted by its probability, and what the class is worth, Σ q·log2(q·K), is divided evenly:
 * −log2 p(x) = Σ q·(−log2 p(x | class) + log2(q·K)).
 */
export async function measureBitsMap(
  measurement: ImageMeasurement,
  images: ImageSet,
  { class: choice, ...options }: LikelihoodOptions,
): Promise<NdArray> {
  const { model, programs, precision } = measurement;
  const [height, width] = model.imageShape;
  const area = height * width;
  const { count } = images;
  const { draws = 1, ranks } = options;
  const data = new Float64Array(count * area);
  const numbers = choice === undefined ? undefined : classNumbersOf(model.classes, choice, count);
  const byClass =
    model.classes.length > 0 && !numbers
      ? await measureClassLikelihoods(measurement, images, withoutProgress(options))
      : undefined;
  await programs.forEachDraw(compileBitsMap, precision, images, options, async (program, how) => {
    /** Adds the shares given a class of each image, weighted. */
    const addGiven = async (
      classes: Measurement['classes'],
      weightOf: (image: number) => number,
    ): Promise<void> =>
      measureInBatches(program, images, { ...how, classes }, ({ bitsMap }, first, found) => {
        for (let index = 0; index < found * area; index++) {
          const weight = weightOf(first + Math.floor(index / area));
          data[first * area + index]! += (weight * bitsMap!.data[index]!) / draws;
        }
      });
    const classCount = model.classes.length;
    if (!byClass) {
      const of = numbers && { count: classCount, of: (image: number) => numbers[image]! };
      await addGiven(of, () => 1);
      return;
    }
    const weights = posteriors({ classes: classCount, draws: [byClass.draws[how.draw]!] });
    for (let number = 0; number < classCount; number++) {
      if (weights.some((each) => each[number]! > NEGLIGIBLE)) {
        await addGiven({ count: classCount, of: () => number }, (image) => weights[image]![number]!);
      }
    }
    if ((ranks?.rank ?? 0) === 0) {
      weights.forEach((each, image) => {
        const worth = each.reduce((sum, q) => sum + (q > 0 ? q * Math.log2(q * classCount) : 0), 0);
        for (let pixel = 0; pixel < area; pixel++) {
          data[image * area + pixel]! += worth / area / draws;
        }
      });
    }
  });
  // Zeros for the images of other ranks: their sum is exact.
  await ranks?.sum(data);
  return { shape: [count, height, width], data };
}

/** The probability of a class whose shares change no result. */
const NEGLIGIBLE = 1e-12;

function withoutProgress({ onProgress: _, ...options }: LikelihoodOptions): LikelihoodOptions {
  return options;
}
