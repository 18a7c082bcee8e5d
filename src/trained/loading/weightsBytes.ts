// A model in one file: its weights, its options and the shape of its images.
import { optionsText } from '../../experiments/trainedOptions.ts';
import { checksumOf } from '../../numeric/checksum.ts';
import { showImageShape } from '../../numeric/imageShape.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import { encodeSafetensors } from '../../storage/safetensors.ts';
import { constantValue } from '../../tensor/tensor.ts';
import type { TrainedModel } from '../model/trainedModel.ts';

/** A model as the file of its weights, `model.safetensors` of an export: `readExport` reads it. */
export function weightsBytes({ model, parameters, step, weights }: TrainedModel): Uint8Array {
  const tensors = new Map<string, NdArray>();
  for (const path of Object.keys(model.parameters)) {
    const { shape, data } = constantValue(parameters[path]!)!;
    tensors.set(path, { shape, data: Float32Array.from(data) });
  }
  const metadata = {
    format: 'emerging-flows',
    ...(step !== undefined && { step: String(step) }),
    ...(weights !== undefined && { weights }),
    imageShape: showImageShape(model.imageShape),
    model: optionsText(model.options),
  };
  return encodeSafetensors(tensors, { ...metadata, checksum: checksumOf(tensors, metadata) });
}
