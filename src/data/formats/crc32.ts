// The checksum of zip archives.
import * as zlib from 'node:zlib';

/** Node's own since 20.15, much the faster. */
const native: ((bytes: Uint8Array) => number) | undefined = zlib.crc32;

/** CRC-32 of ISO 3309, as an unsigned number. */
export const crc32 = native ?? tableCrc32;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  }
  return remainder;
});

/** The same for a Node that has none. */
export function tableCrc32(bytes: Uint8Array): number {
  let remainder = -1;
  for (const byte of bytes) {
    remainder = table[(remainder ^ byte) & 255]! ^ (remainder >>> 8);
  }
  return ~remainder >>> 0;
}
