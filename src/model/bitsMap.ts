// Where the bits of images are, by pixel or by stage: for a model with classes given the class, or over all classes.
import type { NdArray } from '../core/numeric/index.ts';
import type { ImageSet } from '../data/contract/index.ts';
import { constant, OPEN_BATCH } from '../tensor/index.ts';
import { add, concatenate, divide, expand, reshape } from '../tensor/operations/index.ts';
import { classNumbers } from './classes.ts';
import { measureClassLikelihoods, posteriors } from './classLikelihoods.ts';
import type { BitsMapOptions } from './flowModelOptions.ts';
import {
  type Compiler,
  compileOfImages,
  type ImageCompileOptions,
  type ImageProgram,
  type ImagePrograms,
} from './imagePrograms.ts';
import { measureInBatches, oneHotClasses } from './likelihood/likelihood.ts';
import type { TrainedModel } from './trainedModel.ts';

type Options = Omit<BitsMapOptions, 'condition'>;

/** The share of every pixel in −log2 p of its image, `[N, H, W]`; what the class is worth is divided evenly. */
export async function measureBitsMap(
  programs: ImagePrograms,
  images: ImageSet,
  options: Options,
): Promise<NdArray> {
  const [height, width] = programs.model.imageShape;
  const area = height * width;
  const worth = new Float64Array(area).fill(1 / area);
  const data = await measureShares(programs, images, options, { compiler: compileBitsMap, worth });
  return { shape: [images.count, height, width], data };
}

/** The share of dequantisation and of every stage in −log2 p of each image, `[N, 1 + S]`; the top stage depends on the class. */
export async function measureStageBits(
  programs: ImagePrograms,
  images: ImageSet,
  options: Options,
): Promise<NdArray> {
  const count = 1 + programs.model.stages.length;
  const worth = new Float64Array(count);
  worth[count - 1] = 1;
  const data = await measureShares(programs, images, options, { compiler: compileStageBits, worth });
  return { shape: [images.count, count], data };
}

/** How −log2 p is divided. */
interface Division {
  /** Compiles the program that computes `bits`, the shares given the class. */
  readonly compiler: Compiler;
  /** How what the class is worth is divided among them. */
  readonly worth: Float64Array;
}

/**
 * The shares in −log2 p of each image, the mean over draws. Without a class they are those given each class, weighted by
 * its probability, and what the class is worth, Σ q·log2(q·K): −log2 p(x) = Σ q·(−log2 p(x | class) + log2(q·K)).
 */
async function measureShares(
  programs: ImagePrograms,
  images: ImageSet,
  { class: choice, ...options }: Options,
  { compiler, worth: divided }: Division,
): Promise<Float64Array> {
  const { model } = programs;
  const size = divided.length;
  const { count } = images;
  const { ranks } = options;
  const draws = programs.countDraws(options);
  const data = new Float64Array(count * size);
  const numbers = choice === undefined ? undefined : classNumbers(model.classes, choice, count);
  const byClass =
    model.classes.length > 0 && !numbers
      ? await measureClassLikelihoods(programs, images, { ...options, onProgress: undefined })
      : undefined;
  const classCount = model.classes.length;
  await programs.forEachDraw(compiler, images, options, async (program, how) => {
    /** Adds the shares given a class of each image, weighted; progress counts one of several passes. */
    const addGiven = async (
      classes: ((image: number) => number) | undefined,
      weightOf: (image: number) => number,
      { pass, passes } = { pass: 0, passes: 1 },
    ): Promise<void> => {
      const onProgress = (done: number): void =>
        how.onProgress?.(Math.round((pass * count + done) / passes), count);
      const call = {
        ...how,
        onProgress,
        condition: (indices: ArrayLike<number>) => ({
          ...(classes && oneHotClasses(Array.from(indices, classes), classCount)),
          ...how.condition?.(indices),
        }),
      };
      await measureInBatches(program, images, call, ({ bits }, first, imageCount) => {
        for (let index = 0; index < imageCount * size; index++) {
          const weight = weightOf(first + Math.floor(index / size));
          data[first * size + index]! += (weight * bits!.data[index]!) / draws;
        }
      });
    };
    if (!byClass) {
      await addGiven(numbers && ((image) => numbers[image]!), () => 1);
      return;
    }
    const weights = posteriors({ classes: classCount, draws: [byClass.draws[how.draw]!] });
    const counted = model.classes.flatMap((_, number) =>
      weights.some((each) => each[number]! > NEGLIGIBLE) ? [number] : [],
    );
    for (const [pass, number] of counted.entries()) {
      await addGiven(
        () => number,
        (image) => weights[image]![number]!,
        { pass, passes: counted.length },
      );
    }
    if ((ranks?.rank ?? 0) === 0) {
      weights.forEach((each, image) => {
        const worth = each.reduce((sum, q) => sum + (q > 0 ? q * Math.log2(q * classCount) : 0), 0);
        for (let share = 0; share < size; share++) {
          data[image * size + share]! += (worth * divided[share]!) / draws;
        }
      });
    }
  });
  // Zeros for the images of other ranks: their sum is exact.
  await ranks?.sum(data);
  return data;
}

/** The probability of a class whose shares change no result. */
const NEGLIGIBLE = 1e-12;

/** The program that computes `bits`, where −log2 p of each image arises, `[N, H, W]`, from `image`, `noise` and `classes`, if any. */
function compileBitsMap(trained: TrainedModel, options: ImageCompileOptions): Promise<ImageProgram> {
  return compileOfImages(trained, options, ({ image, noise, tensors, condition }) => {
    const map = trained.model.logLikelihoodMap(image, noise, tensors, condition);
    return { bits: divide(map, -Math.LN2) };
  });
}

/**
 * The program that computes `bits`, what dequantisation and then every stage contribute to −log2 p of each image, `[N, 1 + S]`,
 * from `image`, `noise` and `classes`, if any.
 */
function compileStageBits(trained: TrainedModel, options: ImageCompileOptions): Promise<ImageProgram> {
  const { model } = trained;
  return compileOfImages(trained, options, ({ image, noise, tensors, condition }) => {
    const { u, logDensity } = model.dequantisationNoise(image, noise, tensors);
    const none = constant(0);
    const before = model.logLikelihood({
      logPrior: none,
      logDet: none,
      ...(logDensity && { logNoise: logDensity }),
    });
    const ofStages = model
      .stageResults(model.dequantise(image, u), tensors, condition)
      .map(({ logPrior = none, logDet = none }) => add(logPrior, logDet));
    const parts = [before, ...ofStages];
    // Parts that are the same for every image lack the batch axis; the density of the top latents has it.
    const column = reshape(parts.at(-1)!, [OPEN_BATCH, 1]);
    const columns = parts.map((part) =>
      part.rank === 0 ? expand(part, column.shape, column) : reshape(part, column.shape),
    );
    return { bits: divide(concatenate(columns, 1), -Math.LN2) };
  });
}
