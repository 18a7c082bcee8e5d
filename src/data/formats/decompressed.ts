// Decompresses data in memory by a stream, wherever JavaScript runs.
import { joinBytes } from '../../core/numeric/index.ts';

/** Compressed data has more bytes than are allowed. */
export class TooLarge extends Error {
  /** @param limit how many bytes are allowed */
  constructor(limit: number) {
    super(`it decompresses to more than ${limit} bytes`);
  }
}

/**
 * The content of compressed data, given in parts, whose checksum is verified if the format has one.
 *
 * @param onBytes called with the number of bytes before they are kept; ends the work by an error
 * @throws Error if it is corrupt or truncated; TooLarge if it has more than `limit` bytes
 */
export async function decompressed(
  parts: readonly Uint8Array[],
  format: CompressionFormat,
  limit: number,
  onBytes?: (bytes: number) => void,
): Promise<Uint8Array> {
  const reader = new Blob([...(parts as readonly Uint8Array<ArrayBuffer>[])])
    .stream()
    .pipeThrough(new DecompressionStream(format))
    .getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      onBytes?.(next.value.length);
      length += next.value.length;
      if (length > limit) {
        throw new TooLarge(limit);
      }
      chunks.push(next.value);
    }
  } finally {
    // Not awaited: after an error there is nothing left to end.
    reader.cancel().catch(() => {});
  }
  return joinBytes(chunks);
}
