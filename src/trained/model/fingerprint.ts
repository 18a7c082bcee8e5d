// What identifies a model: a checksum of everything that its latents depend on.
import { checksumOf } from '../../numeric/checksum.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import { sha256 } from '../../platform/sha256.node.ts';
import { constantValue } from '../../tensor/tensor.ts';
import type { TrainedModel } from './trainedModel.ts';

/** SHA-256 of a model's options, its image shape and its weights. */
export function fingerprintOf({ model, parameters }: TrainedModel): string {
  const weights = Object.keys(model.parameters).map((path): [string, NdArray] => {
    const { shape, data } = constantValue(parameters[path]!)!;
    return [path, { shape, data: data instanceof Float32Array ? data : Float32Array.from(data) }];
  });
  const options = Object.entries(model.options).sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256([JSON.stringify([options, model.imageShape, checksumOf(new Map(weights))])]);
}
