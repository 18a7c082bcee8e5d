// Checkpoints: all of a training's state in one safetensors file.
import { UserError } from '../errors.ts';
import { clip } from '../experiments/configErrors.ts';
import { type ImageShape, showImageShape } from '../numeric/imageShape.ts';
import type { NdArray } from '../numeric/ndarray.ts';
import { checksumOf } from './checksum.ts';
import { readBytes, writeFileAtomically } from './files.ts';
import type { Groups, ParameterLayout } from './parameterLayout.ts';
import { type RunFolder, requireCheckpoint } from './runFolder.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
import type { TrainingState } from './trainer.ts';

/** What the metadata of a checkpoint name as its format. */
const FORMAT = 'emerging-flows';
/** Raised with every change that makes an older reader go wrong; a checkpoint that names none has version 1. */
const FORMAT_VERSION = 1;

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
  /** The number of updates made. */
  readonly step: number;
  /** The images of the model. */
  readonly imageShape: ImageShape;
  readonly tensors: ReadonlyMap<string, NdArray>;
  /** What its checksum says against it; null where it is right, or the file is too old to have one. */
  readonly damage: string | null;
}

/**
 * Writes a state: `weights/…`, `average/…` (corrected for its zero start, ready to use), `optimizer/first/…` and
 * `optimizer/second/…` by the parameters' paths, and in the metadata the format and its version, the number of
 * updates, the image shape and a checksum. The same state gives the same bytes.
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
    imageShape: showImageShape(imageShape),
    checksum: checksumOf(tensors),
  };
  writeFileAtomically(path, encodeSafetensors(tensors, metadata));
}

/**
 * Reads a checkpoint.
 *
 * @throws UserError if the file cannot be read, contradicts itself, or is something else
 */
function readCheckpoint(path: string): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(readBytes(path), path);
  checkFormat(metadata, path);
  const step = Number(metadata.step ?? Number.NaN);
  const sides = /^(\d+)x(\d+)x(\d+)$/
    .exec(metadata.imageShape ?? '')
    ?.slice(1)
    .map(Number);
  if (!Number.isInteger(step) || step < 0 || !sides) {
    throw new UserError(
      `${path} is no checkpoint of a training: its metadata lacks the step or the image shape`,
    );
  }
  const { checksum } = metadata;
  const damage =
    checksum === undefined || checksum === checksumOf(tensors)
      ? null
      : `${path} is damaged: its arrays do not have the checksum that it was written with; use another copy`;
  return { path, step, imageShape: sides as [number, number, number], tensors, damage };
}

function checkFormat({ format, formatVersion = '1' }: Record<string, string>, path: string): void {
  if (format !== FORMAT) {
    const found = format === undefined ? 'its metadata name no format' : `its format is '${clip(format)}'`;
    throw new UserError(`${path} is no checkpoint of a training: ${found}, expected '${FORMAT}'`);
  }
  const version = Number(formatVersion);
  if (!Number.isInteger(version) || version < 1 || version > FORMAT_VERSION) {
    throw new UserError(
      `${path} has version '${clip(formatVersion)}' of the format of checkpoints, and this program reads up to ` +
        `${FORMAT_VERSION}: update emerging-flows`,
    );
  }
}

/**
 * Reads the latest checkpoint of a run.
 *
 * @param options.acceptDamage whether to read one with a wrong checksum too
 * @throws UserError if there is none, or it is damaged; then with the one to fall back on
 */
export function readLatestCheckpoint(run: RunFolder, { acceptDamage = false } = {}): Checkpoint {
  const { path } = requireCheckpoint(run);
  const earlier = run.checkpoints.at(-2);
  try {
    const checkpoint = readCheckpoint(path);
    if (checkpoint.damage !== null && !acceptDamage) {
      throw new UserError(checkpoint.damage);
    }
    return checkpoint;
  } catch (error) {
    throw error instanceof UserError && earlier
      ? new UserError(`${error.message}, or delete it to go back to step ${earlier.step}`, { cause: error })
      : error;
  }
}

/**
 * The state that a checkpoint holds, for a model of this layout.
 *
 * @throws UserError if it belongs to another model
 */
export function stateFrom({ path, step, tensors }: Checkpoint, layout: ParameterLayout): TrainingState {
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
          `${path} does not fit the model of its config: ${name} ${found}, expected [${shape.join(', ')}]`,
        );
      }
      arrays[parameter] = array;
    }
    return layout.pack(arrays);
  };
  return {
    step,
    weights: read('weights'),
    average: read('average'),
    first: read('first'),
    second: read('second'),
  };
}
