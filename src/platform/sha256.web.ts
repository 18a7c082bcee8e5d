// SHA-256, synchronous and in parts, which the Web Cryptography API is not.
import { sha256 as algorithm } from '@noble/hashes/sha2.js';
import type { RunningHash } from './runningHash.ts';

/** SHA-256, in hexadecimal, of the concatenation of bytes and UTF-8 texts. */
export function sha256(parts: Iterable<Uint8Array | string>): string {
  const hash = algorithm.create();
  const encoder = new TextEncoder();
  for (const part of parts) {
    hash.update(typeof part === 'string' ? encoder.encode(part) : part);
  }
  return inHexadecimal(hash.digest());
}

/** SHA-256 of bytes that come one after the other. */
export function startSha256(): RunningHash {
  const hash = algorithm.create();
  return {
    update: (bytes) => {
      hash.update(bytes);
    },
    digest: () => inHexadecimal(hash.digest()),
  };
}

function inHexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
