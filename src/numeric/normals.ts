// Normal numbers by the million: what a generator and d3-random give one at a time, without a call for each.

/**
 * Fills `out`, of even length, with the standard normal numbers that d3-random's polar method makes of pure-rand's
 * xoroshiro128+, to the bit. `state` is the generator's, and is left where the generator would be.
 *
 * A large model draws tens of millions. Here nothing stands between the bits and the number: neither closures nor
 * objects.
 */
export function fillWithNormals(out: Float64Array, state: Int32Array): void {
  for (let index = 0; index < out.length; index += 2) {
    let x: number;
    let y: number;
    let square: number;
    do {
      x = uniform(state) * 2 - 1;
      y = uniform(state) * 2 - 1;
      square = x * x + y * y;
    } while (square === 0 || square > 1);
    const stretch = Math.sqrt((-2 * Math.log(square)) / square);
    out[index] = y * stretch;
    out[index + 1] = x * stretch;
  }
}

/** Uniform on [0, 1): 26 bits and then 27. */
function uniform(state: Int32Array): number {
  const high = next(state) & 0x3ffffff;
  return high * 2 ** -26 + (next(state) & 0x7ffffff) * 2 ** -53;
}

/**
 * The next 32 bits of xoroshiro128+ (Blackman and Vigna, 2018): the low words of the sum of its two 64-bit numbers. Each
 * number is two words, the high one first.
 */
function next(state: Int32Array): number {
  const high = state[0]!;
  const low = state[1]!;
  const highMixed = state[2]! ^ high;
  const lowMixed = state[3]! ^ low;
  const out = (low + state[3]!) | 0;
  // The first rotated left by 24, xor the mixture, xor the mixture shifted left by 16.
  state[0] = (high << 24) ^ (low >>> 8) ^ highMixed ^ ((highMixed << 16) | (lowMixed >>> 16));
  state[1] = (low << 24) ^ (high >>> 8) ^ lowMixed ^ (lowMixed << 16);
  // The mixture rotated left by 37.
  state[2] = (lowMixed << 5) ^ (highMixed >>> 27);
  state[3] = (highMixed << 5) ^ (lowMixed >>> 27);
  return out;
}
