// SHA-256, synchronous and in parts: the data may be too large for one array.
import { createHash } from 'node:crypto';

/** A checksum in the making. */
export interface Hash {
  /** Appends bytes, or the UTF-8 of a text. */
  update(part: Uint8Array | string): void;
  /** The checksum of everything appended, in hexadecimal; the last call. */
  digest(): string;
}

/** SHA-256 of nothing yet. */
export function startSha256(): Hash {
  const hash = createHash('sha256');
  return { update: (part) => void hash.update(part), digest: () => hash.digest('hex') };
}

/** SHA-256, in hexadecimal, of the concatenation of bytes and UTF-8 texts. */
export function sha256(parts: Iterable<Uint8Array | string>): string {
  const hash = startSha256();
  for (const part of parts) {
    hash.update(part);
  }
  return hash.digest();
}
