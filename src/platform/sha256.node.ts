// SHA-256, at once: what is hashed may be too large to lie in one array.
import { createHash } from 'node:crypto';

/** SHA-256, in hexadecimal, of bytes and of texts in UTF-8, one after another. */
export function sha256(parts: Iterable<Uint8Array | string>): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(part);
  }
  return hash.digest('hex');
}
