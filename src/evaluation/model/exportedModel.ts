// A trained model from the bytes of an export's weights, which say what model they belong to.
import { UserError } from '../../errors.ts';
import { modelOptions } from '../../experiments/config.ts';
import { modelFor } from '../../experiments/modelShape.ts';
import type { Glow } from '../../models/glow.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { decodeSafetensors } from '../../storage/safetensors.ts';
import { constant, type Tensor } from '../../tensor/tensor.ts';
import type { WeightsKind } from '../../training/trainingState.ts';
import type { TrainedModel } from './trainedModel.ts';

/** The name of the file of an export that holds its weights. */
export const WEIGHTS_FILE = 'model.safetensors';

/**
 * The exported model with these weights.
 *
 * @param bytes the contents of `model.safetensors`
 * @param path its path or URL, for errors
 * @param weights the kind of weights to require; by default either
 * @throws UserError if the file is inconsistent, or holds the other kind of weights
 */
export function exportedModel(bytes: Uint8Array, path: string, weights?: WeightsKind): TrainedModel {
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  if (weights !== undefined && metadata.weights !== weights) {
    throw new UserError(
      'invalid-argument',
      `${path} holds the ${metadata.weights} weights: leave out the option, or export the run with weights: '${weights}'`,
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
  return { model, parameters };
}

function modelOf({ model = '', imageShape = '' }: Record<string, string>, path: string): Glow {
  try {
    const options = modelOptions(JSON.parse(model));
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
