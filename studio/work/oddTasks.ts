// Tasks of the room Odd: bits/dim, percentiles, and maps of bits.
import { measureReference, type NdArray, type ReferenceScores } from 'emerging-flows';
import { imagesInMemory } from 'emerging-flows/data';
import type { Call } from './calls.ts';
import { measured } from './measured.ts';
import { fetchFile, type ModelAddress, modelAt, SCORES_FILE } from './models.ts';
import { workOf } from './workOf.ts';

/** The bits/dim of images, and their percentiles if there is a reference. */
export interface Ratings {
  readonly bits: readonly number[];
  readonly percentiles: readonly number[] | undefined;
}

/** The size limit of `scores.json`, as on the command line: about a million images. */
const LARGEST_SCORES = 2 ** 25;

/** The tasks, by name. */
export const oddTasks = {
  /** The scores of the model's validation images; undefined if it has none. */
  async reference(
    { model: address }: { model: ModelAddress },
    call: Call,
  ): Promise<ReferenceScores | undefined> {
    const { fingerprint } = await modelAt(address, call);
    if (!address.files.includes(SCORES_FILE)) {
      return undefined;
    }
    const bytes = await fetchFile(new URL(SCORES_FILE, address.url), {
      signal: call.signal,
      cache: 'no-store',
      mostBytes: LARGEST_SCORES,
    });
    return scoresFor(fingerprint, parsed(bytes));
  },

  /** Measures reference images. */
  async measureReference(
    { model: address, pixels, data }: { model: ModelAddress; pixels: Uint8Array; data: string },
    call: Call,
  ): Promise<ReferenceScores> {
    const model = await modelAt(address, call);
    const images = imagesInMemory(pixels, model.imageShape);
    const { draws, seed } = measured;
    return measureReference(model, images, data, { draws, seed, ...workOf(call, 'Measuring') });
  },

  /** Measures images as `emerging score` does, and ranks them among the reference images. */
  async rate(
    {
      model: address,
      pixels,
      reference,
    }: { model: ModelAddress; pixels: Uint8Array; reference: ReferenceScores | undefined },
    call: Call,
  ): Promise<Ratings> {
    const model = await modelAt(address, call);
    const following = workOf(call, 'Measuring');
    if (reference === undefined) {
      const bits = await model.bitsPerDim(pixels, { ...measured, ...following });
      return { bits: [...bits], percentiles: undefined };
    }
    const scores = await model.score(pixels, { reference, ...following });
    return {
      bits: scores.map(({ bitsPerDim }) => bitsPerDim),
      percentiles: scores.map(({ percentile }) => percentile),
    };
  },

  /** Maps of bits per pixel, `[N, H, W]`, from the same draws as the bits/dim. */
  async maps(
    {
      model: address,
      pixels,
      draws,
      seed,
    }: { model: ModelAddress; pixels: Uint8Array; draws: number; seed: number },
    call: Call,
  ): Promise<NdArray> {
    const model = await modelAt(address, call);
    return model.bitsMap(pixels, { draws, seed, noiseByContent: true, ...workOf(call, 'Mapping bits') });
  },
};

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new Error(`This model's ${SCORES_FILE} is damaged: delete it, or export the model again.`, {
      cause,
    });
  }
}

/** The scores that belong to these weights: an export has one list, a run one per measurement. */
function scoresFor(fingerprint: string, content: unknown): ReferenceScores | undefined {
  const { scores = [content] } = (content ?? {}) as { scores?: unknown };
  return (Array.isArray(scores) ? scores : []).findLast(
    (one): one is ReferenceScores => isReference(one) && one.fingerprint === fingerprint,
  );
}

function isReference(value: unknown): value is ReferenceScores {
  const { data, draws, seed, bitsPerDim } = (value ?? {}) as Partial<Record<keyof ReferenceScores, unknown>>;
  return (
    typeof data === 'string' &&
    Number.isSafeInteger(draws) &&
    (draws as number) > 0 &&
    Number.isSafeInteger(seed) &&
    Array.isArray(bitsPerDim) &&
    bitsPerDim.length > 0 &&
    bitsPerDim.every((one, index) => Number.isFinite(one) && (index === 0 || one >= bitsPerDim[index - 1]))
  );
}
