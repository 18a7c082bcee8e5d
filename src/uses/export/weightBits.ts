// The weights of an export in fewer bits: as precise as a number of bits allows, and what that costs.
import { mean, requireWhole } from '../../core/numeric/index.ts';
import { evenlySpread, type ImageSet, subset } from '../../data/contract/index.ts';
import { countTrained } from '../../flows/contract/index.ts';
import {
  encodeWeights,
  exponentsFor,
  FlowModel,
  type FlowModelOptions,
  roundedModel,
  type TrainedModel,
  type WeightExponents,
  weightSensitivities,
} from '../../model/index.ts';
import { releaseAfter } from '../../tensor/engine/index.ts';

/** Weights rounded to few bits. */
export interface RoundedWeights {
  /** The precision of each trained array: its weights are whole multiples of 2^−e. */
  readonly exponents: readonly number[];
  /** How many bits a weight takes on average. */
  readonly weightBits: number;
  /** How many more bits/dim the rounded model takes, on `images` images. */
  readonly difference: number;
  /** How many images they were compared on. */
  readonly images: number;
}

/** Images whose derivatives are measured, and images on which models are compared. */
const [MEASURED, COMPARED] = [32, 200];

/** Steps of the search for a number of bits, which ends before at this distance. */
const [MOST_STEPS, CLOSE] = [8, 0.05];

/**
 * Rounds the weights of a model to about so many bits on average: each array as precisely as the likelihood of images needs.
 *
 * @param images like those that it was trained on, but others
 * @param weightBits from 1 to 24; 6 are usually enough
 */
export async function roundWeights(
  trained: TrainedModel,
  images: ImageSet,
  weightBits: number,
  options: Pick<FlowModelOptions, 'device' | 'threads'> & {
    readonly onProgress?: (done: number, total: number) => void;
  } = {},
): Promise<RoundedWeights> {
  requireWhole('weightBits', weightBits, 1);
  const { onProgress, ...engine } = options;
  const measured = subset(images, evenlySpread(Math.min(MEASURED, images.count), images.count));
  const compared = subset(images, evenlySpread(Math.min(COMPARED, images.count), images.count));
  const total = measured.count + 2 * compared.count;
  const sensitivities = await weightSensitivities(trained, measured, {
    ...engine,
    onProgress: (done) => onProgress?.(done, total),
  });
  const weights = countTrained(trained.model.parameters);
  let [exponents, bits, logImages]: [WeightExponents, number, number] = [[], Number.POSITIVE_INFINITY, 13];
  for (let step = 0; step < MOST_STEPS && Math.abs(bits - weightBits) > CLOSE; step++) {
    exponents = exponentsFor(trained, sensitivities, 2 ** logImages);
    bits = (8 * encodeWeights(trained, exponents).length) / weights;
    // Quadrupling the images determines a weight to one more bit.
    logImages = Math.min(Math.max(logImages + 2 * (weightBits - bits), 0), 64);
  }
  const bitsPerDim = (model: TrainedModel, before: number): Promise<number> =>
    releaseAfter(async (keep) => {
      const [bitsOfImages] = await keep(new FlowModel(model, engine)).bitsPerDimByDraw(compared, {
        onProgress: (done) => onProgress?.(measured.count + before + done, total),
      });
      return mean(bitsOfImages!);
    });
  const exact = await bitsPerDim(trained, 0);
  const rounded = await bitsPerDim(roundedModel(trained, exponents), compared.count);
  return { exponents, weightBits: bits, difference: rounded - exact, images: compared.count };
}
