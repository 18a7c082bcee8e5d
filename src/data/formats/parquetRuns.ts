// Parquet's encoding of small integers: run-length encoded or bit-packed.

/**
 * Decodes `count` integers of `width` bits from runs: one value repeated, or values packed in groups of
 * eight. A run that extends past `count` is cut off there.
 *
 * @throws Error if there are too few bytes
 */
export function readRuns(bytes: Uint8Array, width: number, count: number): Uint32Array {
  const out = new Uint32Array(count);
  let offset = 0;
  const nextByte = (): number => {
    const byte = bytes[offset++];
    if (byte === undefined) {
      throw new Error('truncated runs of integers');
    }
    return byte;
  };
  for (let done = 0; done < count; ) {
    let header = 0;
    for (let shift = 0, byte = 128; byte >= 128; shift += 7) {
      if (shift > 28) {
        throw new Error('a run of more than 2^32 integers');
      }
      byte = nextByte();
      header += (byte & 127) * 2 ** shift;
    }
    const length = Math.floor(header / 2) * (header % 2 === 1 ? 8 : 1);
    const end = Math.min(count, done + length);
    if (header % 2 === 0) {
      let value = 0;
      for (let shift = 0; shift < width; shift += 8) {
        value += nextByte() * 2 ** shift;
      }
      out.fill(value, done, end);
    } else {
      let [bits, held] = [0, 0];
      for (let index = done; index < end; index++) {
        while (held < width) {
          bits += nextByte() * 2 ** held;
          held += 8;
        }
        out[index] = bits % 2 ** width;
        bits = Math.floor(bits / 2 ** width);
        held -= width;
      }
      // Groups are complete: the unused rest of the last one is skipped.
      offset += Math.max(0, (length * width) / 8 - Math.ceil(((end - done) * width) / 8));
    }
    done = end;
  }
  return out;
}
