// Deflate and CRC-32 by Node's zlib.
import { promisify } from 'node:util';
import { crc32, inflateRaw as inflateRawLater, inflateSync } from 'node:zlib';

export { crc32 };

const inflateRawAsync = promisify(inflateRawLater);

/**
 * Decompresses zlib data, given in parts, whose checksum is verified; bytes after its end are ignored.
 *
 * @throws Error if it is corrupt, truncated or has more than `most` bytes
 */
export async function inflateZlib(parts: readonly Uint8Array[], most: number): Promise<Uint8Array> {
  // A single chunk: several would be concatenated into a copy.
  return inflateSync(Buffer.concat(parts), { maxOutputLength: most, chunkSize: most + 1 });
}

/**
 * Decompresses deflated data.
 *
 * @throws Error if it is corrupt, truncated or has more than `most` bytes
 */
export function inflateRaw(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  return inflateRawAsync(bytes, { maxOutputLength: Math.max(1, most) });
}
