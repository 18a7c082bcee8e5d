// Seeded random numbers: every use has its own stream, named by its purpose and a counter.

/**
 * A stream of random numbers that is a function of a seed and a path, for example `(7, 'noise', step)`.
 *
 * The seed and the counters in the path are all it takes to resume a run exactly: the stream of step 1000 can
 * be opened without drawing those before it. Streams with different paths are independent.
 */
export class RandomStream {
  private readonly state: Int32Array;
  /** Normal numbers come in pairs: the second of the last pair, until it is drawn. */
  private spare: number | undefined;

  /**
   * @param seed an integer; its low 64 bits are used
   * @param path the purpose of the stream: words and counters
   */
  constructor(seed: number, ...path: (string | number)[]) {
    this.state = absorb(seed, path);
  }

  /** Uniform on [0, 1), a multiple of 2⁻⁵³. */
  uniform(): number {
    return uniform(this.state);
  }

  /** A uniform integer in 0..`below`-1, where `below` is at most 2³². */
  integer(below: number): number {
    return integerBelow(this.state, below);
  }

  /** Standard normal. */
  normal(): number {
    const { spare } = this;
    if (spare !== undefined) {
      this.spare = undefined;
      return spare;
    }
    const pair = new Float64Array(2);
    fillWithNormals(pair, this.state);
    this.spare = pair[1]!;
    return pair[0]!;
  }

  /** `count` independent standard normal numbers: the same as from `count` calls of `normal`. */
  normals(count: number): Float64Array {
    const numbers = new Float64Array(count);
    let index = 0;
    if (this.spare !== undefined && count > 0) {
      numbers[index++] = this.normal();
    }
    const end = count - ((count - index) % 2);
    fillWithNormals(numbers.subarray(index, end), this.state);
    if (end < count) {
      numbers[end] = this.normal();
    }
    return numbers;
  }

  /** A uniformly random permutation of 0..`count`-1 (Fisher and Yates). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, index) => index);
    for (let last = count - 1; last > 0; last--) {
      const swapIndex = this.integer(last + 1);
      [order[last], order[swapIndex]] = [order[swapIndex]!, order[last]!];
    }
    return order;
  }

  /**
   * Fills `out` with dequantisation noise: uniform multiples of 2⁻¹⁶ in [0, 1).
   *
   * No finer, because pixel + noise must be exact in float32: with 24 bits of noise 255 + u can round to 256,
   * and the pixel would come back as another one.
   */
  fillDequantisationNoise(out: Float32Array | Float64Array): void {
    const even = out.length - (out.length % 2);
    for (let index = 0; index < even; index += 2) {
      const bits = nextBits(this.state);
      out[index] = (bits >>> 16) * 2 ** -16;
      out[index + 1] = (bits & 0xffff) * 2 ** -16;
    }
    if (even < out.length) {
      out[even] = (nextBits(this.state) >>> 16) * 2 ** -16;
    }
  }
}

/** 128 bits of state from a seed and a path; every input word is mixed into all four words of the state. */
function absorb(seed: number, path: readonly (string | number)[]): Int32Array {
  const state = Int32Array.of(0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x6a09e667);
  const stir = (word: number): void => {
    for (let lane = 0; lane < 4; lane++) {
      const mixed = finalise((state[lane]! ^ word) + Math.imul(lane + 1, 0x85ebca6b));
      state[lane] = mixed;
      state[(lane + 1) % 4]! ^= mixed;
    }
  };
  const stirNumber = (value: number): void => {
    stir(value | 0);
    stir(Math.floor(value / 2 ** 32) | 0);
  };
  stirNumber(seed);
  for (const part of path) {
    // The kind and length are mixed in first, so that ('ab', 1) and ('a', 'b1') never collide.
    if (typeof part === 'number') {
      stir(1);
      stirNumber(part);
    } else {
      stir(2 + part.length);
      for (let index = 0; index < part.length; index++) {
        stir(part.charCodeAt(index));
      }
    }
  }
  stir(0);
  stir(0);
  return state;
}

/** The 32-bit finaliser of MurmurHash3: every input bit flips every output bit with probability near ½. */
function finalise(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

// The generator xoroshiro128+ (Blackman and Vigna, 2018), and the numbers derived from its bits. Our own code instead of
// pure-rand with d3-random: functions on a state of four words, without objects and closures between the bits and the
// number, draw the initial weights of a large model, tens of millions, in half the time.

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
