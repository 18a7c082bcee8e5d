// Decompresses gzipped data in memory, wherever JavaScript runs.
import { maxBytesAtOnce } from '../../storage/randomAccess.ts';
import type { Budget } from '../budget.ts';
import { corruptFile } from './bytes.ts';

/**
 * The content of a gzipped file, whose checksum is verified.
 *
 * @param source the file, for errors
 * @param budget charged for the decompressed bytes
 * @throws OverBudget; UserError if it is corrupt, truncated or larger than fits into memory
 */
export async function gunzipped(bytes: Uint8Array, source: string, budget: Budget): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'))
    .getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw corruptFile(source, cause instanceof Error ? cause.message : String(cause), cause);
      });
      if (done) {
        break;
      }
      budget.spend(value.length, 'bytes');
      length += value.length;
      if (length > maxBytesAtOnce) {
        throw corruptFile(source, `it decompresses to more than ${maxBytesAtOnce} bytes`);
      }
      parts.push(value);
    }
  } finally {
    // Not awaited: after an error there is nothing left to end.
    reader.cancel().catch(() => {});
  }
  const content = new Uint8Array(length);
  let position = 0;
  for (const part of parts) {
    content.set(part, position);
    position += part.length;
  }
  return content;
}
