// Makes the guard forget the ranges of training images that a resume has replaced.
import { changesIn, type TrainingStart } from '../../runs/contents/index.ts';
import type { RunStore } from '../../runs/contents/runStore.ts';
import { forgetRanges } from '../step/guard.ts';
import { IMAGES_SETTING } from './recordTraining.ts';

/** The last step before a resume changed the images of a run; undefined if none has. */
export async function lastChangeOfImages(store: RunStore): Promise<number | undefined> {
  const changes = changesIn(await store.readSummary());
  return changes.filter(({ setting }) => setting === IMAGES_SETTING).at(-1)?.step;
}

/** A state whose guard knows no other images than the run's, which were changed after step `changed`. */
export function guardedOnImages<State extends TrainingStart>(
  state: State,
  changed: number | undefined,
): State {
  return changed !== undefined && state.step <= changed
    ? { ...state, guard: forgetRanges(state.guard) }
    : state;
}
