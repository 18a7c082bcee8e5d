// The checksum of a checkpoint: safetensors has none, and a flipped bit in a weight leaves a file that can be read.
import { createHash } from 'node:crypto';
import type { NdArray } from '../numeric/ndarray.ts';

/** The key of the checksum in the metadata, which it does not cover. */
const OWN_KEY = 'checksum';

/**
 * SHA-256, in hexadecimal, of tensors: their names, shapes and bytes, in order; before them that of the metadata, if
 * there are any.
 */
export function checksumOf(
  tensors: ReadonlyMap<string, NdArray>,
  metadata: Readonly<Record<string, string>> = {},
): string {
  const hash = createHash('sha256');
  for (const [key, value] of Object.entries(metadata)) {
    if (key !== OWN_KEY) {
      hash.update(`${JSON.stringify([key, value])}\n`);
    }
  }
  for (const [name, { shape, data }] of tensors) {
    hash.update(`${JSON.stringify([name, shape])}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
