// Checkpoints: the complete training state as named arrays and metadata.
import { UserError } from '../../core/errors.ts';
import { type ImageShape, imageShapeIn, type NdArray, showImageShape } from '../../core/numeric/index.ts';
import { clip } from '../../core/parts/index.ts';
import type { Safetensors } from '../../data/files/index.ts';
import { tensorChecksum } from '../../data/files/index.ts';
import type { Flow, Groups, ParameterLayout } from '../../flows/models/index.ts';
import { momentNames, type OptimizerKind, optimizers, ruleFor } from '../../tensor/optimizers/index.ts';
import { optionsText, type RecordedOptions, recordedIn } from '../settings/trainedOptions.ts';
import { type GuardState, guardSchema } from './guardState.ts';
import type { TrainingState } from './trainingState.ts';

/** The format named in a checkpoint's metadata. */
const FORMAT = 'emerging-flows';
/** Incremented with every change that breaks older readers. */
const FORMAT_VERSION = 3;

/** The prefix of an optimiser's moment in the array names of a checkpoint. */
export function momentPrefix(moment: string): string {
  return `optimizer/${moment}`;
}

/** A checkpoint as read from its file: its metadata, and its arrays by name. */
export interface Checkpoint extends CheckpointRecord {
  readonly tensors: ReadonlyMap<string, NdArray>;
  /** The error if its checksum does not match; null if it does. */
  readonly damage: string | null;
}

/** What the metadata of a checkpoint records. */
export interface CheckpointRecord {
  readonly path: string;
  /** The number of steps taken. */
  readonly step: number;
  /** The number of updates that produced the weights. */
  readonly updates: number;
  /** The state of the training's guard. */
  readonly guard: GuardState;
  /** The optimiser that made the updates. */
  readonly optimizer: string;
  /** The shape of the model's images. */
  readonly imageShape: ImageShape;
  /** The options of the model. */
  readonly trainedOptions: RecordedOptions;
}

/**
 * The contents of a state's checkpoint: `weights/…`, `average/…` (corrected for its zero start, ready to use)
 * and the optimiser's moments, such as `optimizer/first/…`, by parameter path. The metadata holds the format
 * and its version, the numbers of steps and updates, the guard's state, the optimiser, the model's image shape and
 * options, and a checksum of all that.
 */
export function checkpointContents(
  state: TrainingState,
  layout: ParameterLayout,
  { imageShape, options }: Pick<Flow, 'imageShape' | 'options'>,
): Safetensors {
  const tensors = new Map<string, NdArray>();
  const { name, moments } = state.optimizer;
  const layouts = momentLayouts(layout, optimizers.find(name));
  const parts: [string, Groups, ParameterLayout][] = [
    ['weights', state.weights, layout],
    ['average', state.average, layout],
    ...Object.entries(moments).map(([moment, groups]): [string, Groups, ParameterLayout] => [
      momentPrefix(moment),
      groups,
      layouts[moment]!,
    ]),
  ];
  for (const [prefix, groups, partLayout] of parts) {
    for (const [parameter, array] of Object.entries(partLayout.unpack(groups))) {
      tensors.set(`${prefix}/${parameter}`, array);
    }
  }
  const metadata = {
    format: FORMAT,
    formatVersion: String(FORMAT_VERSION),
    step: String(state.step),
    updates: String(state.updates),
    guard: JSON.stringify(state.guard),
    optimizer: name,
    imageShape: showImageShape(imageShape),
    model: optionsText(options),
  };
  return { tensors, metadata: { ...metadata, checksum: tensorChecksum(tensors, metadata) } };
}

/**
 * The checkpoint in a file, even if its checksum is wrong.
 *
 * @param path the file, for errors
 * @throws UserError if it is inconsistent or is not a checkpoint
 */
export function checkpointFrom({ tensors, metadata }: Safetensors, path: string): Checkpoint {
  const record = recordIn(metadata, path);
  const damage =
    metadata.checksum === tensorChecksum(tensors, metadata)
      ? null
      : `${path} is corrupt: its checksum does not match; use another copy`;
  return { ...record, tensors, damage };
}

/**
 * The record in the metadata of a checkpoint.
 *
 * @param path the file, for errors
 * @throws UserError if it is inconsistent or doesn't describe a checkpoint
 */
export function recordIn(metadata: Safetensors['metadata'], path: string): CheckpointRecord {
  checkFormat(metadata, path);
  const step = countIn(metadata.step);
  const updates = countIn(metadata.updates);
  const guard = guardIn(metadata.guard);
  const trainedOptions = recordedIn(metadata.model ?? '');
  const imageShape = imageShapeIn(metadata.imageShape ?? '');
  if (step === null || updates === null || guard === null || trainedOptions === null || !imageShape) {
    throw new UserError(
      'invalid-data',
      `${path} is not a training checkpoint: its metadata lacks the step, the image shape, the guard or the model`,
    );
  }
  const optimizer = optimizerIn(metadata, path);
  return { path, step, updates, guard, optimizer, imageShape, trainedOptions };
}

/**
 * A checkpoint whose checksum must match.
 *
 * @throws UserError (`invalid-data`) if it doesn't
 */
export function requireSound(checkpoint: Checkpoint): Checkpoint {
  if (checkpoint.damage !== null) {
    throw new UserError('invalid-data', checkpoint.damage);
  }
  return checkpoint;
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

/** The optimiser; throws if it is unknown. */
function optimizerIn({ optimizer = '' }: Record<string, string>, path: string): string {
  const names = optimizers.all.map(({ name }) => name);
  if (!names.includes(optimizer)) {
    throw new UserError(
      'unsupported',
      `${path} was trained with the optimiser '${clip(optimizer)}', but this program only has ` +
        `${names.join(', ')}: update emerging-flows, or register the optimiser`,
    );
  }
  return optimizer;
}

/**
 * Checks the format of a checkpoint.
 *
 * @throws UserError for another format or version
 */
function checkFormat({ format, formatVersion = '' }: Record<string, string>, path: string): void {
  if (format !== FORMAT) {
    const problem = format === undefined ? 'its metadata has no format' : `its format is '${clip(format)}'`;
    throw new UserError(
      'invalid-data',
      `${path} is not a training checkpoint: ${problem}, expected '${FORMAT}'`,
    );
  }
  if (formatVersion !== String(FORMAT_VERSION)) {
    throw new UserError(
      'unsupported',
      `${path} has checkpoint format version '${clip(formatVersion)}', but this version of emerging-flows ` +
        `reads version ${FORMAT_VERSION} only: update emerging-flows`,
    );
  }
}

/** The layout of each moment of an optimiser, by name: the trained parameters that have this moment, packed as in `layout`. */
export function momentLayouts(
  layout: ParameterLayout,
  optimizer: OptimizerKind,
): Readonly<Record<string, ParameterLayout>> {
  return Object.fromEntries(
    momentNames(optimizer).map((moment) => [
      moment,
      layout.filter((spec) => spec.trained && ruleFor(optimizer, spec).rule.moments.includes(moment)),
    ]),
  );
}
