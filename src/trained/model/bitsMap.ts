// Where the bits of images are: for a model with classes given the class, or over all classes.
import type { ImageSet } from '../../data/contract/dataset.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import { oneHotRows } from '../likelihood/classInputs.ts';
import { measureInBatches } from '../likelihood/likelihood.ts';
import { classNumbersOf } from './classes.ts';
import { measureClassLikelihoods, posteriors } from './classLikelihoods.ts';
import type { BitsMapOptions } from './flowModelOptions.ts';
import type { ImagePrograms } from './imagePrograms.ts';
import { compileBitsMap } from './modelPrograms.ts';

/**
 * The share of every pixel in −log2 p of its image, `[N, H, W]`, the mean over draws. Without a class the shares are
 * those given each class, weighted by its probability, and what the class is worth, Σ q·log2(q·K), is divided evenly:
 * −log2 p(x) = Σ q·(−log2 p(x | class) + log2(q·K)).
 */
export async function measureBitsMap(
  programs: ImagePrograms,
  images: ImageSet,
  { class: choice, ...options }: Omit<BitsMapOptions, 'condition'>,
): Promise<NdArray> {
  const { model } = programs;
  const [height, width] = model.imageShape;
  const area = height * width;
  const { count } = images;
  const { ranks } = options;
  const draws = programs.drawsOf(options);
  const data = new Float64Array(count * area);
  const numbers = choice === undefined ? undefined : classNumbersOf(model.classes, choice, count);
  const byClass =
    model.classes.length > 0 && !numbers
      ? await measureClassLikelihoods(programs, images, { ...options, onProgress: undefined })
      : undefined;
  const classCount = model.classes.length;
  await programs.forEachDraw(compileBitsMap, images, options, async (program, how) => {
    /** Adds the shares given a class of each image, weighted; progress is that of one of so many passes. */
    const addGiven = async (
      classes: ((image: number) => number) | undefined,
      weightOf: (image: number) => number,
      { pass, passes } = { pass: 0, passes: 1 },
    ): Promise<void> => {
      const onProgress = (done: number): void =>
        how.onProgress?.(Math.round((pass * count + done) / passes), count);
      const given = {
        ...how,
        onProgress,
        condition: (indices: ArrayLike<number>) => ({
          ...(classes && { classes: oneHotRows(Array.from(indices, classes), classCount) }),
          ...how.condition?.(indices),
        }),
      };
      await measureInBatches(program, images, given, ({ bitsMap }, first, found) => {
        for (let index = 0; index < found * area; index++) {
          const weight = weightOf(first + Math.floor(index / area));
          data[first * area + index]! += (weight * bitsMap!.data[index]!) / draws;
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
