// Tasks of the room Odd: scores, p-values, and maps.
import { measureReference, type ReferenceScores, type ScoreReport, score } from 'emerging-flows';
import { imagesInMemory } from 'emerging-flows/data';
import { type HeatRange, heatRange } from 'emerging-flows/pictures';
import { type Call, workOptions } from './calls.ts';
import { measured } from './constants.ts';
import { keptFile, SCORES_FILE } from './keptModels.ts';
import { fetchFile, type ModelAddress, modelAt } from './models.ts';
import { openPictures } from './pictures.ts';

/** Images by one score. */
export interface ScoreRatings {
  readonly scores: readonly number[];
  /** Undefined without a reference for this score. */
  readonly pValues: readonly number[] | undefined;
  /** The scores of the reference images, ascending. */
  readonly reference: readonly number[];
  /** Whether the images come from the source of the reference; undefined for too few images. */
  readonly source: ScoreReport['source'];
}

/** Images by every score that can be computed. */
export interface Ratings {
  readonly bits: readonly number[];
  /** The score to show unless another is chosen. */
  readonly best: string;
  readonly byScore: Readonly<Record<string, ScoreRatings>>;
}

/** A square of an image. */
export type Place = NonNullable<ScoreReport['images'][number]['places']>['oddest'][number];

/** Where an image is odd. */
export interface PlaceMap {
  /** The bits of each pixel. */
  readonly bits: Float64Array;
  /** The range of the colours of `bits`. */
  readonly range: HeatRange;
  /** By how many standard deviations each place differs from validation images; undefined if these are unknown. */
  readonly deviations: Float64Array | undefined;
  /** The oddest places. */
  readonly frames: readonly Place[];
}

/** The size limit of `scores.json`, as on the command line: about a million images. */
const LARGEST_SCORES = 2 ** 25;

/** The tasks, by name. */
export const oddTasks = {
  /** The statistics of the model's validation images; undefined if it has none. */
  async reference(
    { model: address }: { model: ModelAddress },
    call: Call,
  ): Promise<ReferenceScores | undefined> {
    const model = await modelAt(address, call);
    if (!address.files.includes(SCORES_FILE)) {
      return undefined;
    }
    const how = { signal: call.signal, cache: 'no-store', mostBytes: LARGEST_SCORES } as const;
    const bytes =
      (await keptFile(address.url, SCORES_FILE)) ?? (await fetchFile(new URL(SCORES_FILE, address.url), how));
    try {
      return model.readReference(bytes);
    } catch (cause) {
      throw new Error(`This model’s ${SCORES_FILE} is damaged: delete it, or export the model again.`, {
        cause,
      });
    }
  },

  /** Measures reference images. */
  async measureReference(
    { model: address, pixels, data }: { model: ModelAddress; pixels: Uint8Array; data: string },
    call: Call,
  ): Promise<ReferenceScores> {
    const model = await modelAt(address, call);
    const images = imagesInMemory(pixels, model.imageShape);
    const { draws, seed } = measured;
    return measureReference(model, images, data, { draws, seed, ...workOptions(call, 'Measuring') });
  },

  /** Measures the digits that training in the page holds out. */
  async measureDigits(
    { model: address, url, data }: { model: ModelAddress; url: string; data: string },
    call: Call,
  ): Promise<ReferenceScores> {
    const model = await modelAt(address, call);
    const { validation } = await openPictures({ kind: 'digits', url }, () => call.signal.throwIfAborted());
    const { draws, seed } = measured;
    return measureReference(model, validation, data, { draws, seed, ...workOptions(call, 'Measuring') });
  },

  /** Measures images as `emerging score` does, and compares them with the reference images. */
  async rate(
    {
      model: address,
      pixels,
      reference,
    }: { model: ModelAddress; pixels: Uint8Array; reference: ReferenceScores | undefined },
    call: Call,
  ): Promise<Ratings> {
    const model = await modelAt(address, call);
    const following = workOptions(call, 'Measuring');
    if (reference === undefined) {
      const bits = [...(await model.bitsPerDim(pixels, { ...measured, ...following }))];
      const unknown = { scores: bits, pValues: undefined, reference: [], source: undefined };
      return { bits, best: 'bits', byScore: { bits: unknown } };
    }
    const images = imagesInMemory(pixels, model.imageShape);
    const report = await score(model, images, { reference, ...following });
    return {
      bits: report.images
        .toSorted((first, second) => first.index - second.index)
        .map(({ bitsPerDim }) => bitsPerDim),
      best: report.score,
      byScore: Object.fromEntries(report.scores.map((name) => [name, scoreRatings(report.by(name))])),
    };
  },

  /** Where one image is odd, from the same draws as its bits/dim. */
  async places(
    {
      model: address,
      pixels,
      reference,
    }: { model: ModelAddress; pixels: Uint8Array; reference: ReferenceScores | undefined },
    call: Call,
  ): Promise<PlaceMap> {
    const model = await modelAt(address, call);
    const following = workOptions(call, 'Mapping bits');
    if (reference === undefined) {
      const map = await model.bitsMap(pixels, { ...measured, ...following });
      return {
        bits: Float64Array.from(map.data),
        range: heatRange(map),
        deviations: undefined,
        frames: [],
      };
    }
    // The quickest score: only the places are of interest.
    const how = { score: 'bits', places: 1, reference, ...following };
    const [image] = (await score(model, pixels, how)).images;
    const { bits, deviations, oddest } = image!.places!;
    const [height, width] = model.imageShape;
    return {
      bits,
      range: reference.places
        ? rangeOfReference(reference.places)
        : heatRange({ shape: [1, height, width], data: bits }),
      deviations: deviations ?? undefined,
      frames: oddest,
    };
  },
};

/** The colours of bits show what is usual in validation images: the mean of each place, and three deviations around it. */
function rangeOfReference({ mean, deviation }: NonNullable<ReferenceScores['places']>): HeatRange {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [index, pixelMean] of mean.entries()) {
    low = Math.min(low, pixelMean - 3 * deviation[index]!);
    high = Math.max(high, pixelMean + 3 * deviation[index]!);
  }
  return [low, high];
}

function scoreRatings({ values, pValues, reference, source }: ReturnType<ScoreReport['by']>): ScoreRatings {
  return {
    scores: [...values],
    pValues: pValues ? [...pValues] : undefined,
    reference: Array.from(reference ?? []),
    source,
  };
}
