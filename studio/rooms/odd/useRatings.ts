// The ratings of images, and the map of the selected one.
import type { ReferenceScores } from 'emerging-flows';
import type { GivenFile } from 'emerging-flows/data';
import { useEffect, useState } from 'preact/hooks';
import { modelAddress, modelKey, type OfferedModel } from '../../models.ts';
import { plural } from '../../numbers.ts';
import { selectImage } from '../../parts/Picture.tsx';
import { refusedLines } from '../../parts/refusedLines.ts';
import type { Waiting } from '../../work/calls.ts';
import { compute } from '../../work/connections.ts';
import { DIGITS_DATASET, digitsUrl } from '../../work/digits.ts';
import type { PlaceMap, Ratings } from '../../work/oddTasks.ts';
import type { Refused } from '../../work/readTasks.ts';
import { useWork, type Work } from '../../work/useWork.ts';
import type { NamedImages } from './alteredSet.ts';

/** The images to measure as reference. */
type Order = 'samples' | 'digits' | { readonly files: readonly GivenFile[]; readonly fit: boolean };

/** The reference and its state. */
export interface Reference {
  /** Whether the model's own scores have been looked up. */
  readonly isKnown: boolean;
  readonly scores: ReferenceScores | undefined;
  /** A description, as in "3 of … are at least as odd"; undefined without scores. */
  readonly words: string | undefined;
  /** The files that could not be measured. */
  readonly refused: readonly Refused[];
  readonly looking: Work<unknown>;
  readonly measuring: Work<unknown>;
  measure(order: Order): void;
}

/** Gives percentiles to within a few percent. */
export const SAMPLES = 256;

interface Measured {
  readonly scores: ReferenceScores;
  readonly words: string;
  readonly refused: readonly Refused[];
}

/** A model's reference; changing the model discards measurements. */
export function useReference(model: OfferedModel | undefined): Reference {
  const [order, setOrder] = useState<{ readonly of: Order }>();
  const key = model && modelKey(model);
  useEffect(() => setOrder(undefined), [key]);
  const looking = useWork(
    model &&
      (async (waiting) => ({
        key,
        scores: await compute('reference', { model: modelAddress(model) }, waiting),
      })),
    [key],
  );
  const measuring = useWork(
    model && order && ((waiting): Promise<Measured> => measureImages(model, order.of, waiting)),
    [key, order],
  );
  const isKnown = looking.result?.key === key && key !== undefined;
  const knownScores = isKnown ? looking.result?.scores : undefined;
  const ownMeasurement = order && measuring.result;
  return {
    // If the lookup fails, bits/dim are still shown.
    isKnown: isKnown || looking.problem !== undefined,
    scores: ownMeasurement?.scores ?? knownScores,
    words:
      ownMeasurement?.words ??
      (knownScores &&
        `${plural(knownScores.statistics.bits.length, 'validation image')} from ${knownScores.data}`),
    refused: ownMeasurement?.refused ?? [],
    looking,
    measuring,
    measure: (images) => setOrder({ of: images }),
  };
}

async function measureImages(
  model: OfferedModel,
  order: Order,
  waiting: Required<Waiting>,
): Promise<Measured> {
  const address = modelAddress(model);
  if (order === 'samples') {
    const drawing = { model: address, count: SAMPLES, seed: 0, temperature: 1 };
    const { pixels } = await compute('sample', drawing, waiting);
    const scores = await compute('measureReference', { model: address, pixels, data: 'samples' }, waiting);
    return { scores, words: `${SAMPLES} of its own samples`, refused: [] };
  }
  if (order === 'digits') {
    const digits = { model: address, url: digitsUrl(), data: DIGITS_DATASET };
    const scores = await compute('measureDigits', digits, waiting);
    return { scores, words: plural(scores.statistics.bits.length, 'validation digit'), refused: [] };
  }
  const { pixels, names, refused } = await compute('read', { model: address, ...order }, waiting);
  if (names.length === 0) {
    throw new Error(`No usable image among these files. ${refusedLines(refused)[0] ?? ''}`);
  }
  const scores = await compute('measureReference', { model: address, pixels, data: 'files' }, waiting);
  return { scores, words: `${names.length.toLocaleString('en')} of your images`, refused };
}

/** Images of a model. */
interface OpenedSet extends NamedImages {
  readonly model: OfferedModel;
}

/** Ratings, with the reference that they are based on. */
export interface RatedSet extends Ratings {
  readonly set: OpenedSet;
  readonly reference: ReferenceScores | undefined;
  readonly words: string | undefined;
}

/** Rates images once the reference is known. */
export function useRatings(
  set: OpenedSet | undefined,
  { isKnown, scores, words }: Reference,
): Work<RatedSet> {
  return useWork(
    set && set.names.length > 0 && isKnown
      ? async (waiting) => {
          const order = { model: modelAddress(set.model), pixels: set.pixels, reference: scores };
          return { set, reference: scores, words, ...(await compute('rate', order, waiting)) };
        }
      : undefined,
    [set, isKnown, scores],
  );
}

/** Maps the selected image. */
export function useMap(
  ratings: RatedSet | undefined,
  chosen: number | undefined,
): Work<unknown> & { readonly map: PlaceMap | undefined } {
  const mapping = useWork(
    ratings && chosen !== undefined
      ? async (waiting) => {
          const { set, reference } = ratings;
          const pixels = selectImage(set, chosen).pixels.slice();
          const order = { model: modelAddress(set.model), pixels, reference };
          return { ratings, chosen, ...(await compute('places', order, waiting)) };
        }
      : undefined,
    [ratings, chosen],
  );
  const { result } = mapping;
  return { ...mapping, map: result?.ratings === ratings && result?.chosen === chosen ? result : undefined };
}
