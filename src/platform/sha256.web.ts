// SHA-256, synchronous and in parts, which the Web Cryptography API is not.
import { sha256 as algorithm } from '@noble/hashes/sha2.js';

/** SHA-256, in hexadecimal, of the concatenation of bytes and UTF-8 texts. */
export function sha256(parts: Iterable<Uint8Array | string>): string {
  const hash = algorithm.create();
  const encoder = new TextEncoder();
  for (const part of parts) {
    hash.update(typeof part === 'string' ? encoder.encode(part) : part);
  }
  return Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
