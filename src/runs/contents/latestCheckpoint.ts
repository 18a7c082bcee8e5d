// The checkpoint to resume a run from: its latest sound one.
import { UserError } from '../../core/errors.ts';
import type { HeaderCheck } from '../../data/files/safetensors.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { RunStore } from './runStore.ts';

/** The latest sound checkpoint of a run, and what is wrong with each later one. */
interface SoundCheckpoint {
  /** Undefined if the run has no checkpoint at all. */
  readonly checkpoint?: Checkpoint;
  readonly damages: readonly string[];
}

/**
 * Reads the latest sound checkpoint of a run.
 *
 * @param check called before the arrays of a checkpoint are read
 * @throws UserError if the run has checkpoints and none of them is sound, or (`mismatch`) what `check` throws: an earlier
 *   one would be of the same model
 */
export async function latestSoundCheckpoint(store: RunStore, check: HeaderCheck): Promise<SoundCheckpoint> {
  const damages: string[] = [];
  for (const step of (await store.checkpointSteps()).toReversed()) {
    try {
      return { checkpoint: await store.readCheckpoint(step, check), damages };
    } catch (error) {
      if (!(error instanceof UserError) || error.code === 'mismatch') {
        throw error;
      }
      damages.push(error.message);
    }
  }
  if (damages.length > 0) {
    throw new UserError(
      'invalid-data',
      `no usable checkpoint in ${store.name}; the latest: ${damages[0]}; ` + `or ${store.restart}`,
    );
  }
  return { damages };
}
