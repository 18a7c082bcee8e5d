// The stack of bits: what one step pushes, the next can pop as its random numbers.
import { portableLog } from './portableMath.ts';

/** The words that leave and enter the state have 16 bits. */
const WORD = 2 ** 16;

/** States are at least about this large where it matters, and below LEAST·WORD = 2^52: exact in floating point. */
const LEAST = 2 ** 36;

/** The total of the intervals of `pushInterval`. */
export const INTERVAL_TOTAL = 2 ** 32;

/** Thrown by `pop` when there are too few bits. */
export class StackEmpty extends Error {
  constructor() {
    super('the stack has too few bits');
    this.name = 'StackEmpty';
  }
}

interface StackMark {
  readonly state: number;
  readonly words: Uint16Array;
}

/**
 * A stack of symbols, each uniform in 0..n − 1 for any n, in log2(n) bits: it is a large number s, `push` makes it s·n + r,
 * and `pop` takes r = s mod n and leaves ⌊s/n⌋. Popping from a stack that others have filled with uniform symbols yields
 * uniform random symbols, and pushing them again restores the stack: that is what bits-back coding rests on.
 *
 * Only the top of the number is in `state`; the rest is in words of 16 bits (rANS: Duda, Asymmetric numeral systems, 2013).
 * For any a ≥ 1, exactly one way to divide a number into `state` and words has its state in [a, a·2^16). Each operation
 * first moves words so that its own interval holds, whatever the last one left: therefore `push` and `pop` are exact
 * inverses, also for n that divide nothing.
 */
export class BitStack {
  private state = LEAST;
  private words: Uint16Array;
  private length: number;
  private lowest: number;

  /**
   * An empty stack, or the one whose `bytes` these are.
   *
   * @throws StackEmpty if `bytes` don't have the length of a stack
   */
  constructor(bytes?: Uint8Array) {
    this.words = new Uint16Array(1024);
    this.length = 0;
    if (bytes !== undefined) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.length = (bytes.length - STATE_BYTES) / 2;
      if (!(this.length >= 0 && Number.isInteger(this.length))) {
        throw new StackEmpty();
      }
      this.words = new Uint16Array(this.length);
      for (let index = 0; index < this.length; index++) {
        this.words[index] = view.getUint16(2 * index, true);
      }
      this.state =
        view.getUint16(2 * this.length, true) * 2 ** 36 +
        view.getUint16(2 * this.length + 2, true) * 2 ** 20 +
        view.getUint16(2 * this.length + 4, true) * 2 ** 4 +
        view.getUint8(2 * this.length + 6);
    }
    this.lowest = this.length;
  }

  /** Pushes a symbol of 0..n − 1, for n up to 2^36. */
  push(symbol: number, n: number): void {
    this.moveInto(Math.floor(LEAST / n));
    this.state = this.state * n + symbol;
  }

  /**
   * Pops a symbol of 0..n − 1.
   *
   * @throws StackEmpty
   */
  pop(n: number): number {
    this.moveInto(Math.floor(LEAST / n) * n);
    // Exact, since the state is below 2^52: a quotient between two whole numbers is further from both than rounding goes.
    const quotient = Math.floor(this.state / n);
    const symbol = this.state - quotient * n;
    this.state = quotient;
    return symbol;
  }

  /** Pushes a symbol of probability size/INTERVAL_TOTAL, the interval [start, start + size) of 0..INTERVAL_TOTAL − 1: −log2 of it in bits. */
  pushInterval(start: number, size: number): void {
    this.moveInto((LEAST / INTERVAL_TOTAL) * size);
    const quotient = Math.floor(this.state / size);
    this.state = quotient * INTERVAL_TOTAL + start + (this.state - quotient * size);
  }

  /**
   * The number in 0..INTERVAL_TOTAL − 1 whose interval is on top; `popInterval` removes it.
   *
   * @throws StackEmpty
   */
  peek(): number {
    this.moveInto(LEAST);
    return this.state - Math.floor(this.state / INTERVAL_TOTAL) * INTERVAL_TOTAL;
  }

  /** Pops the symbol whose interval contains `peek()`. */
  popInterval(start: number, size: number): void {
    const quotient = Math.floor(this.state / INTERVAL_TOTAL);
    this.state = quotient * size + (this.state - quotient * INTERVAL_TOTAL) - start;
  }

  /** How many bits are on the stack: the encoder chooses batches by it, so every machine computes the same. */
  get bits(): number {
    return 16 * this.length + portableLog(this.state / LEAST) * Math.LOG2E;
  }

  /** Whether it is as a new one. */
  get isEmpty(): boolean {
    this.moveInto(LEAST, false);
    return this.length === 0 && this.state === LEAST;
  }

  /** The fewest bits since the last call, about. */
  takeLowest(): number {
    const bits = 16 * this.lowest;
    this.lowest = this.length;
    return bits;
  }

  /** Remembers the current stack. */
  mark(): StackMark {
    return { state: this.state, words: this.words.slice(0, this.length) };
  }

  /** Returns to a mark. */
  reset({ state, words }: StackMark): void {
    this.state = state;
    this.words = words.slice();
    this.length = words.length;
    this.lowest = this.length;
  }

  /** The whole stack: its words from the bottom, little-endian, then its state. */
  toBytes(): Uint8Array {
    this.moveInto(LEAST, false);
    const bytes = new Uint8Array(2 * this.length + STATE_BYTES);
    const view = new DataView(bytes.buffer);
    for (let index = 0; index < this.length; index++) {
      view.setUint16(2 * index, this.words[index]!, true);
    }
    const { state } = this;
    view.setUint16(2 * this.length, Math.floor(state / 2 ** 36), true);
    view.setUint16(2 * this.length + 2, Math.floor(state / 2 ** 20) % WORD, true);
    view.setUint16(2 * this.length + 4, Math.floor(state / 2 ** 4) % WORD, true);
    view.setUint8(2 * this.length + 6, state % 2 ** 4);
    return bytes;
  }

  /** Moves words until the state is in [least, least·2^16); with `isStrict` false, as far as there are words. */
  private moveInto(least: number, isStrict = true): void {
    while (this.state >= least * WORD) {
      if (this.length === this.words.length) {
        const longer = new Uint16Array(2 * this.length + 1024);
        longer.set(this.words);
        this.words = longer;
      }
      const quotient = Math.floor(this.state / WORD);
      this.words[this.length++] = this.state - quotient * WORD;
      this.state = quotient;
    }
    while (this.state < least) {
      if (this.length === 0) {
        if (isStrict) {
          throw new StackEmpty();
        }
        return;
      }
      this.state = this.state * WORD + this.words[--this.length]!;
      if (this.length < this.lowest) {
        this.lowest = this.length;
      }
    }
  }
}

const STATE_BYTES = 7;
