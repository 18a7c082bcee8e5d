// Deflate and CRC-32 by Node's zlib.
import { promisify } from 'node:util';
import { crc32, inflateRaw as inflateRawLater, inflateRawSync, inflateSync } from 'node:zlib';
import { TooLarge } from './decompressed.ts';

export { crc32, TooLarge };

const inflateRawAsync = promisify(inflateRawLater);
/** So few bytes decompress in less time than it takes to start a thread. */
const FEW_BYTES = 2 ** 14;

/**
 * Decompresses zlib data, given in parts, whose checksum is verified; bytes after its end are ignored.
 *
 * @throws Error if it is corrupt or truncated; TooLarge if it has more than `limit` bytes
 */
export async function inflateZlib(parts: readonly Uint8Array[], limit: number): Promise<Uint8Array> {
  try {
    // A single chunk: several would be concatenated into a copy.
    return inflateSync(Buffer.concat(parts), { maxOutputLength: limit, chunkSize: limit + 1 });
  } catch (error) {
    throw explained(error, limit);
  }
}

/**
 * Decompresses deflated data.
 *
 * @throws Error if it is corrupt or truncated; TooLarge if it has more than `limit` bytes
 */
export async function inflateRaw(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  try {
    // A single chunk, unless there are few bytes: several would be concatenated into a copy.
    const options = { maxOutputLength: Math.max(1, limit), chunkSize: Math.max(FEW_BYTES, limit + 1) };
    return limit <= FEW_BYTES ? inflateRawSync(bytes, options) : await inflateRawAsync(bytes, options);
  } catch (error) {
    throw explained(error, limit);
  }
}

/** Node's error for too many bytes only says that it cannot create a buffer. */
function explained(error: unknown, limit: number): unknown {
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? new TooLarge(limit) : error;
}
