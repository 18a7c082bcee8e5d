// SHA-256, synchronous and in parts: the data may be too large for one array.
import { createHash } from 'node:crypto';

/** SHA-256, in hexadecimal, of the concatenation of bytes and UTF-8 texts. */
export function sha256(parts: Iterable<Uint8Array | string>): string {
  const hash = startSha256();
  for (const part of parts) {
    hash.update(part);
  }
  return hash.digest();
}

/** SHA-256 of bytes and UTF-8 texts that come one after the other. */
export function startSha256(): { update(part: Uint8Array | string): void; digest(): string } {
  const hash = createHash('sha256');
  return {
    update: (part) => {
      hash.update(part);
    },
    digest: () => hash.digest('hex'),
  };
}
