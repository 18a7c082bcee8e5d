// The checksum of a checkpoint: safetensors has none, and a flipped bit in a weight leaves a file that can be read.
import { createHash } from 'node:crypto';
import type { NdArray } from '../numeric/ndarray.ts';

/** SHA-256, in hexadecimal, of tensors: their names, shapes and bytes, in order. */
export function checksumOf(tensors: ReadonlyMap<string, NdArray>): string {
  const hash = createHash('sha256');
  for (const [name, { shape, data }] of tensors) {
    hash.update(`${JSON.stringify([name, shape])}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
