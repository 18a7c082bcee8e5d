// Checkpoints on disk: writing, reading, and choosing which of a run's to read.
import { phrase, UserError } from '../../errors.ts';
import type { ClosedFolder } from '../../storage/closedFolder.ts';
import { decodeSafetensors, encodeSafetensors, type Safetensors } from '../../storage/safetensors.ts';
import { readSafetensorsBytes } from '../../storage/safetensorsFile.ts';
import type { HeaderCheck } from '../../storage/safetensorsHeader.ts';
import { type Checkpoint, checkpointFrom, soundCheckpoint } from '../contents/checkpoint.ts';
import { type CheckpointFile, type RunFolder, requireCheckpoint } from './runFolder.ts';

/**
 * Writes a checkpoint to a file in a folder. The same contents produce the same bytes.
 *
 * @throws UserError if it cannot be written; an existing file is then left untouched
 */
export function saveCheckpoint(folder: ClosedFolder, path: string, { tensors, metadata }: Safetensors): void {
  folder.write(path, encodeSafetensors(tensors, metadata));
}

/** Reads a checkpoint, even if its checksum is wrong; throws UserError if it is not one or cannot be read. */
function readCheckpoint(path: string, check: HeaderCheck): Checkpoint {
  return checkpointFrom(decodeSafetensors(readSafetensorsBytes(path, check), path), path);
}

/**
 * Reads a checkpoint that must be sound.
 *
 * @param check called before its arrays are read
 * @throws UserError if it is corrupt, cannot be read or is not a checkpoint; what `check` throws
 */
export function readSoundCheckpoint(path: string, check: HeaderCheck): Checkpoint {
  return soundCheckpoint(readSafetensorsBytes(path, check), path);
}

/** What is accepted. */
interface ReadOptions {
  /** Called before the arrays are read. */
  readonly check: HeaderCheck;
  /** Whether a wrong checksum is accepted. */
  readonly acceptDamage?: boolean | undefined;
}

/**
 * Reads one checkpoint of a run, to use its model.
 *
 * @throws UserError if it is corrupt
 */
export function readStepCheckpoint(
  { path }: CheckpointFile,
  { check, acceptDamage }: ReadOptions,
): Checkpoint {
  return acceptDamage ? readCheckpoint(path, check) : readSoundCheckpoint(path, check);
}

/**
 * Reads the latest checkpoint of a run, to use its model: an earlier one would be a different model.
 *
 * @param options.acceptDamage whether to accept a wrong checksum
 * @throws UserError if there is none, or it is corrupt; the error then names the one to fall back on
 */
export function readLatestCheckpoint(run: RunFolder, options: ReadOptions): Checkpoint {
  const latest = requireCheckpoint(run);
  const earlier = run.checkpoints.at(-2);
  try {
    return readStepCheckpoint(latest, options);
  } catch (error) {
    throw error instanceof UserError && error.code !== 'mismatch' && earlier
      ? new UserError(error.code, phrase`${error.phrase}, or delete it to go back to step ${earlier.step}`, {
          cause: error,
        })
      : error;
  }
}
