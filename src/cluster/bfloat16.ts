// Numbers in bfloat16, the upper half of a float32: conversion and sums.

/** The bits of a float32 below those of a bfloat16. */
const DROPPED = 16;
const SIGN = 0x8000_0000;
const INFINITE = 0x7f80_0000;
/** Set in a NaN, so that it stays one if its other bits are dropped. */
const QUIET = 0x40;

/** Writes the bits of numbers, rounded to the nearest bfloat16; of two as near, to the one with an even last bit. */
export function toBfloat16(numbers: Float32Array, bits: Uint16Array): void {
  const words = new Int32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    const isNotNumber = (word & ~SIGN) > INFINITE;
    // Adds just less than half of the last bit that stays, or half of it if that bit is odd.
    bits[index] = isNotNumber
      ? (word >>> DROPPED) | QUIET
      : (word + 0x7fff + ((word >>> DROPPED) & 1)) >>> DROPPED;
  }
}

/** Writes the numbers with these bits, as many as `numbers` holds. */
export function fromBfloat16(bits: Uint16Array, numbers: Float32Array): void {
  const words = new Int32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  for (let index = 0; index < words.length; index++) {
    words[index] = bits[index]! << DROPPED;
  }
}

/** Σ of arrays of the same length, added in float32 in their order, and rounded. */
export function sumBfloat16(terms: readonly Uint16Array[]): Uint16Array {
  const [first] = terms;
  const total = new Float32Array(first!.length);
  const term = new Float32Array(total.length);
  for (const bits of terms) {
    fromBfloat16(bits, term);
    for (let index = 0; index < total.length; index++) {
      total[index]! += term[index]!;
    }
  }
  const sum = new Uint16Array(total.length);
  toBfloat16(total, sum);
  return sum;
}
