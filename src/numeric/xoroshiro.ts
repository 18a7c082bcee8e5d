// The generator xoroshiro128+ (Blackman and Vigna, 2018), and the numbers derived from its bits.
//
// Our own code instead of pure-rand with d3-random: functions on a state of four words, without objects and
// closures between the bits and the number, draw the initial weights of a large model, tens of millions, in
// half the time.

/**
 * The next 32 bits: the low words of the sum of two 64-bit numbers. Each is two words of the state, high word
 * first.
 */
export function nextBits(state: Int32Array): number {
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

/** Uniform on [0, 1): 26 bits and then 27. */
export function uniform(state: Int32Array): number {
  const high = nextBits(state) & 0x3ffffff;
  return high * 2 ** -26 + (nextBits(state) & 0x7ffffff) * 2 ** -53;
}

/** A uniform integer in 0..`below`-1, where `below` is at most 2³². */
export function integerBelow(state: Int32Array, below: number): number {
  // Values above the largest multiple of `below` in 2³² are redrawn: they would make small numbers more
  // likely.
  const end = 2 ** 32 - (2 ** 32 % below);
  let drawn: number;
  do {
    drawn = nextBits(state) + 2 ** 31;
  } while (drawn >= end);
  return drawn % below;
}

/** Fills `out`, of even length, with standard normal numbers, by Marsaglia's polar method. */
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
