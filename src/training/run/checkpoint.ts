// Checkpoints: all of a training's state in one safetensors file.
import { UserError } from '../../errors.ts';
import { clip } from '../../experiments/configErrors.ts';
import { type ImageShape, showImageShape } from '../../numeric/imageShape.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import { checksumOf } from '../../storage/checksum.ts';
import { readBytes, writeFileAtomically } from '../../storage/files.ts';
import { decodeSafetensors, encodeSafetensors } from '../../storage/safetensors.ts';
import type { Groups, ParameterLayout } from '../parameterLayout.ts';
import { type GuardState, guardSchema, newGuard } from '../step/guard.ts';
import type { TrainingState } from '../trainingState.ts';

/** What the metadata of a checkpoint name as its format. */
const FORMAT = 'emerging-flows';
/** Raised with every change that makes an older reader go wrong; a checkpoint that names none has version 1. */
const FORMAT_VERSION = 2;

/** The prefix of each part of the state in a checkpoint's names. */
const prefixes = {
  weights: 'weights',
  average: 'average',
  first: 'optimizer/first',
  second: 'optimizer/second',
} as const;

type Part = keyof typeof prefixes;
const parts = Object.keys(prefixes) as Part[];

/** A checkpoint as it was read: what it is for, and its arrays by name. */
export interface Checkpoint {
  readonly path: string;
  /** The number of steps made. */
  readonly step: number;
  /** The number of updates that the weights come from. */
  readonly updates: number;
  /** What the guard of the training remembered. */
  readonly guard: GuardState;
  /** The images of the model. */
  readonly imageShape: ImageShape;
  readonly tensors: ReadonlyMap<string, NdArray>;
  /** What its checksum says against it; null where it is right, or the file is too old to have one. */
  readonly damage: string | null;
}

/**
 * Writes a state: `weights/…`, `average/…` (corrected for its zero start, ready to use), `optimizer/first/…` and
 * `optimizer/second/…` by the parameters' paths, and in the metadata the format and its version, the numbers of
 * steps and updates, the guard's state, the image shape and a checksum of all that. The same state gives the same
 * bytes.
 *
 * @throws UserError if it cannot be written; what stood there before is then untouched
 */
export function saveCheckpoint(
  path: string,
  state: TrainingState,
  layout: ParameterLayout,
  imageShape: ImageShape,
): void {
  const tensors = new Map<string, NdArray>();
  for (const part of parts) {
    for (const [parameter, array] of Object.entries(layout.unpack(state[part]))) {
      tensors.set(`${prefixes[part]}/${parameter}`, array);
    }
  }
  const metadata = {
    format: FORMAT,
    formatVersion: String(FORMAT_VERSION),
    step: String(state.step),
    updates: String(state.updates),
    guard: JSON.stringify(state.guard),
    imageShape: showImageShape(imageShape),
  };
  const checksum = checksumOf(tensors, metadata);
  writeFileAtomically(path, encodeSafetensors(tensors, { ...metadata, checksum }));
}

/**
 * Reads a checkpoint, also one whose checksum is wrong.
 *
 * @throws UserError if the file cannot be read, contradicts itself, or is something else
 */
export function readCheckpoint(path: string): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(readBytes(path), path);
  const version = checkFormat(metadata, path);
  const step = countIn(metadata.step);
  const updates = countIn(version >= 2 ? metadata.updates : metadata.step);
  const guard = version >= 2 ? guardIn(metadata.guard) : newGuard(0);
  const sides = /^(\d+)x(\d+)x(\d+)$/
    .exec(metadata.imageShape ?? '')
    ?.slice(1)
    .map(Number);
  if (step === null || updates === null || guard === null || !sides) {
    throw new UserError(
      'invalid-data',
      `${path} is no checkpoint of a training: its metadata lacks the step, the image shape or the guard`,
    );
  }
  const damage = isWhole(version, metadata, tensors)
    ? null
    : `${path} is damaged: it does not have the checksum that it was written with; use another copy`;
  const imageShape = sides as [number, number, number];
  return { path, step, updates, guard, imageShape, tensors, damage };
}

function isWhole(
  version: number,
  metadata: Record<string, string>,
  tensors: ReadonlyMap<string, NdArray>,
): boolean {
  const { checksum } = metadata;
  if (version >= 2) {
    return checksum === checksumOf(tensors, metadata);
  }
  return checksum === undefined || checksum === checksumOf(tensors);
}

function countIn(text = ''): number | null {
  return /^\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : null;
}

function guardIn(text = ''): GuardState | null {
  try {
    return guardSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The version of the format, which must be one that is known. */
function checkFormat({ format, formatVersion = '1' }: Record<string, string>, path: string): number {
  if (format !== FORMAT) {
    const found = format === undefined ? 'its metadata name no format' : `its format is '${clip(format)}'`;
    throw new UserError(
      'invalid-data',
      `${path} is no checkpoint of a training: ${found}, expected '${FORMAT}'`,
    );
  }
  const version = Number(formatVersion);
  if (!Number.isInteger(version) || version < 1 || version > FORMAT_VERSION) {
    throw new UserError(
      'unsupported',
      `${path} has version '${clip(formatVersion)}' of the format of checkpoints, and this program reads up to ` +
        `${FORMAT_VERSION}: update emerging-flows`,
    );
  }
  return version;
}

/**
 * Reads a checkpoint that must be sound.
 *
 * @throws UserError if it is damaged, cannot be read or is something else
 */
export function readSoundCheckpoint(path: string): Checkpoint {
  const checkpoint = readCheckpoint(path);
  if (checkpoint.damage !== null) {
    throw new UserError('invalid-data', checkpoint.damage);
  }
  return checkpoint;
}

/**
 * The state that a checkpoint holds, for a model of this layout.
 *
 * @throws UserError if it belongs to another model
 */
export function stateFrom(
  { path, step, updates, guard, tensors }: Checkpoint,
  layout: ParameterLayout,
): TrainingState {
  const read = (part: Part): Groups => {
    const arrays: Record<string, NdArray> = {};
    for (const [parameter, { shape, trained }] of Object.entries(layout.specs)) {
      if (!trained && part !== 'weights') {
        continue;
      }
      const name = `${prefixes[part]}/${parameter}`;
      const array = tensors.get(name);
      if (array?.shape.join() !== shape.join()) {
        const found = array ? `has shape [${array.shape.join(', ')}]` : 'is missing';
        throw new UserError(
          'mismatch',
          `${path} does not fit the model of its config: ${name} ${found}, expected [${shape.join(', ')}]`,
        );
      }
      arrays[parameter] = array;
    }
    return layout.pack(arrays);
  };
  return {
    step,
    updates,
    guard,
    weights: read('weights'),
    average: read('average'),
    first: read('first'),
    second: read('second'),
  };
}
