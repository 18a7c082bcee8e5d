// The checksum of named arrays: a file with a flipped bit in a weight can still be read.

import type { NdArray } from '../../core/numeric/index.ts';
import { sha256 } from '../../core/platform/sha256.node.ts';

/** The key of the checksum in the metadata; the checksum does not cover itself. */
const OWN_KEY = 'checksum';

/**
 * SHA-256, in hexadecimal, of tensors: their names, shapes and bytes, in order; preceded by the metadata, if
 * any.
 */
export function tensorChecksum(
  tensors: ReadonlyMap<string, NdArray>,
  metadata: Readonly<Record<string, string>> = {},
): string {
  return sha256(checksumParts(tensors, metadata));
}

function* checksumParts(
  tensors: ReadonlyMap<string, NdArray>,
  metadata: Readonly<Record<string, string>>,
): Generator<Uint8Array | string> {
  for (const [key, value] of Object.entries(metadata)) {
    if (key !== OWN_KEY) {
      yield `${JSON.stringify([key, value])}\n`;
    }
  }
  for (const [name, { shape, data }] of tensors) {
    yield `${JSON.stringify([name, shape])}\n`;
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
}
