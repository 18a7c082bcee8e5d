// Deflate by fflate, which is synchronous, as the browser's own is not; and CRC-32.
import { inflateSync, unzlibSync } from 'fflate';
import { viewOf } from './bytes.ts';

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = (value >>> 1) ^ ((value & 1) * 0xedb88320);
  }
  return value;
});

/** The CRC-32 of bytes. */
export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (let index = 0; index < bytes.length; index++) {
    value = (value >>> 8) ^ crcTable[(value ^ bytes[index]!) & 0xff]!;
  }
  return ~value >>> 0;
}

/**
 * Decompresses zlib data, given in parts, whose checksum is verified.
 *
 * @throws Error if it is corrupt, truncated or has more than `most` bytes, or bytes follow its end
 */
export function inflateZlib(parts: readonly Uint8Array[], most: number): Uint8Array {
  const data = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const part of parts) {
    data.set(part, position);
    position += part.length;
  }
  const bytes = bounded(most, (out) => unzlibSync(data, { out }));
  // fflate does not verify it.
  if (data.length < 6 || viewOf(data).getUint32(data.length - 4) !== adler32(bytes)) {
    throw new Error('incorrect data check');
  }
  return bytes;
}

/**
 * Decompresses deflated data.
 *
 * @throws Error if it is corrupt, truncated or has more than `most` bytes
 */
export async function inflateRaw(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  return bounded(most, (out) => inflateSync(bytes, { out }));
}

/** fflate fills the array it is given and drops the rest: one more byte shows that there is a rest. */
function bounded(most: number, inflate: (out: Uint8Array) => Uint8Array): Uint8Array {
  const bytes = inflate(new Uint8Array(most + 1));
  if (bytes.length > most) {
    throw new Error(`larger than ${most} bytes`);
  }
  return bytes;
}

/** The checksum at the end of zlib data. */
function adler32(bytes: Uint8Array): number {
  let [low, high] = [1, 0];
  for (let start = 0; start < bytes.length; start += 3800) {
    // As many as cannot overflow 32 bits.
    const end = Math.min(start + 3800, bytes.length);
    for (let index = start; index < end; index++) {
      low += bytes[index]!;
      high += low;
    }
    low %= 65521;
    high %= 65521;
  }
  return high * 65536 + low;
}
