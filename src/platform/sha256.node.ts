// SHA-256, synchronous, over parts: the input may be too large for one array.
import { createHash } from 'node:crypto';

/** SHA-256, in hexadecimal, of the concatenated parts; strings as UTF-8. */
export function sha256(parts: Iterable<Uint8Array | string>): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(part);
  }
  return hash.digest('hex');
}
