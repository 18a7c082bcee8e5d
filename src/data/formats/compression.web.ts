// Deflate by the browser, and CRC-32.
import { decompressed } from './decompressed.ts';

export { TooLarge } from './decompressed.ts';

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = (value >>> 1) ^ ((value & 1) * 0xedb88320);
  }
  return value;
});

/** The CRC-32 of bytes, after others with the CRC-32 `before`. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let value = ~before;
  for (let index = 0; index < bytes.length; index++) {
    value = (value >>> 8) ^ crcTable[(value ^ bytes[index]!) & 0xff]!;
  }
  return ~value >>> 0;
}

/**
 * Decompresses zlib data, given in parts, whose checksum is verified.
 *
 * @throws Error if it is corrupt or truncated, or bytes follow its end; TooLarge if it has more than `limit` bytes
 */
export function inflateZlib(parts: readonly Uint8Array[], limit: number): Promise<Uint8Array> {
  return decompressed(parts, 'deflate', limit);
}

/**
 * Decompresses deflated data.
 *
 * @throws Error if it is corrupt or truncated; TooLarge if it has more than `limit` bytes
 */
export function inflateRaw(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  return decompressed([bytes], 'deflate-raw', limit);
}
