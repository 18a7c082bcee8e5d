// The ratings of images, and the map of the selected one.
import type { ReferenceScores } from 'emerging-flows';
import { addressOf, type OfferedModel } from '../../models.ts';
import { imageOf } from '../../parts/Picture.tsx';
import { compute } from '../../work/compute.ts';
import { measured } from '../../work/measured.ts';
import type { PlaceMap, Ratings } from '../../work/oddTasks.ts';
import { useWork, type Work } from '../../work/useWork.ts';
import type { NamedImages } from './alteredSet.ts';
import type { Reference } from './useReference.ts';

/** Images of a model. */
export interface OpenedSet extends NamedImages {
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
          const order = { model: addressOf(set.model), pixels: set.pixels, reference: scores };
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
          const { draws, seed } = reference ?? measured;
          const pixels = imageOf(set, chosen).pixels.slice();
          const { places } = reference ?? {};
          const order = { model: addressOf(set.model), pixels, draws, seed, places };
          return { ratings, chosen, ...(await compute('places', order, waiting)) };
        }
      : undefined,
    [ratings, chosen],
  );
  const { result } = mapping;
  return { ...mapping, map: result?.ratings === ratings && result?.chosen === chosen ? result : undefined };
}
