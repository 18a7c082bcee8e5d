// Checkpoints: all of a training's state in one safetensors file.
import { UserError } from '../errors.ts';
import { type ImageShape, showImageShape } from '../numeric/imageShape.ts';
import type { NdArray } from '../numeric/ndarray.ts';
import { readBytes, writeFileAtomically } from './files.ts';
import type { Groups, ParameterLayout } from './parameterLayout.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
import type { TrainingState } from './trainer.ts';

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
}

/**
 * Writes a state: `weights/…`, `average/…` (corrected for its zero start, ready to use), `optimizer/first/…` and
 * `optimizer/second/…` by the parameters' paths, and in the metadata the number of updates and the image shape. The
 * same state gives the same bytes.
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
    format: 'emerging-flows',
    step: String(state.step),
    imageShape: showImageShape(imageShape),
  };
  writeFileAtomically(path, encodeSafetensors(tensors, metadata));
}

/**
 * Reads a checkpoint.
 *
 * @throws UserError if the file cannot be read, is damaged, or is something else
 */
export function readCheckpoint(path: string): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(readBytes(path), path);
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
  return { path, step, imageShape: sides as [number, number, number], tensors };
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
