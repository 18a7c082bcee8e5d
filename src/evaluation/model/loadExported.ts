// A trained model from the folder of an export.
import { UserError } from '../../errors.ts';
import { modelFor } from '../../experiments/modelShape.ts';
import { resolveConfig } from '../../experiments/resolve.ts';
import type { Glow } from '../../models/glow.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { exists, readBytes } from '../../storage/files.ts';
import { pathIn } from '../../storage/folders.ts';
import { decodeSafetensors } from '../../storage/safetensors.ts';
import { constant, type Tensor } from '../../tensor/tensor.ts';
import type { StepChoice } from '../../training/run/chosenCheckpoint.ts';
import type { WeightsKind } from '../../training/trainingState.ts';
import { readScores } from './scoresFile.ts';
import type { TrainedModel } from './trainedModel.ts';

/** Whether a folder holds an exported model. */
export function isExported(directory: string): boolean {
  return exists(pathIn(directory, 'manifest.json')) && exists(weightsIn(directory));
}

/**
 * Loads an exported model: its options and the weights of the run.
 *
 * @param options.weights the kind of weights to require; by default either
 * @param options.step the step to require; by default any
 * @throws UserError if the file cannot be read or is inconsistent, or holds other weights
 */
export function loadExported(
  directory: string,
  { weights, step }: { weights?: WeightsKind | undefined; step?: StepChoice | undefined } = {},
): TrainedModel {
  const path = weightsIn(directory);
  const { tensors, metadata } = decodeSafetensors(readBytes(path), path);
  if (weights !== undefined && metadata.weights !== weights) {
    throw new UserError(
      'invalid-argument',
      `${directory} holds the ${metadata.weights} weights: leave out the option, or export the run with weights: '${weights}'`,
    );
  }
  const own = stepIn(metadata);
  if (step !== undefined && step !== own) {
    throw new UserError(
      'invalid-argument',
      `${directory} is an export, with the weights of ${own === undefined ? 'one step' : `step ${own}`} only: ` +
        `leave out the step, or export the run again with step ${step}`,
    );
  }
  const model = modelOf(metadata, path);
  const parameters: Record<string, Tensor> = {};
  for (const [parameter, { shape }] of Object.entries(model.parameters)) {
    const array = tensors.get(parameter);
    if (array?.shape.join() !== shape.join()) {
      const found = array ? `has shape [${array.shape.join(', ')}]` : 'is missing';
      throw new UserError(
        'invalid-data',
        `${path} does not fit its own model: ${parameter} ${found}, expected [${shape.join(', ')}]; export again`,
      );
    }
    parameters[parameter] = constant(array);
  }
  return {
    model,
    parameters,
    step: own,
    scores: (fingerprint) => readScores(directory, fingerprint),
  };
}

function weightsIn(directory: string): string {
  return pathIn(directory, 'model.safetensors');
}

/** The step in the metadata; undefined if they have none. */
function stepIn({ step = '' }: Record<string, string>): number | undefined {
  return /^\d{1,15}$/.test(step) ? Number(step) : undefined;
}

function modelOf({ model = '', imageShape = '' }: Record<string, string>, path: string): Glow {
  try {
    // The rest of the configuration is irrelevant here.
    const rest = { data: { name: 'none' }, training: { steps: 1 } };
    const { model: options } = resolveConfig({ overrides: { ...rest, model: JSON.parse(model) } });
    const [height, width, channels] = imageShape.split('x').map(Number) as [number, number, number];
    return modelFor(options, [height, width, channels] satisfies ImageShape);
  } catch (cause) {
    throw new UserError(
      'invalid-data',
      `${path} is not an exported model: its metadata does not describe one (${(cause as Error).message}); export again`,
      { cause },
    );
  }
}
