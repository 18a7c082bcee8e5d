// SHA-256, synchronous and in parts, which the Web Cryptography API is not.
import { sha256 as algorithm } from '@noble/hashes/sha2.js';

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
  const hash = algorithm.create();
  const encoder = new TextEncoder();
  return {
    update: (part) => {
      hash.update(typeof part === 'string' ? encoder.encode(part) : part);
    },
    digest: () => Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, '0')).join(''),
  };
}
