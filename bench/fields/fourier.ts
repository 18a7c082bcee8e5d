// The unitary Fourier transform of square fields, whose side is a power of two.

/** A complex field, row by row. */
export interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** The modes of a real field: x̂ = F·x with F the Fourier matrix divided by the side, √(number of sites). */
export function fourierModes(field: ArrayLike<number>, side: number): Complex {
  return transformed({ re: Float64Array.from(field), im: new Float64Array(side * side) }, side, -1);
}

/** The real field with these Fourier modes. */
export function fieldFromModes(modes: Complex, side: number): Float64Array {
  return transformed(modes, side, 1).re;
}

function transformed({ re, im }: Complex, side: number, sign: 1 | -1): Complex {
  const result = { re: re.slice(), im: im.slice() };
  for (const [step, between] of [
    [1, side],
    [side, 1],
  ] as const) {
    for (let line = 0; line < side; line++) {
      transformLine(result, { start: line * between, step, length: side, sign });
    }
  }
  const scale = 1 / side;
  return { re: result.re.map((value) => value * scale), im: result.im.map((value) => value * scale) };
}

/** Cooley and Tukey's transform of one row or column, in place. */
function transformLine(
  { re, im }: Complex,
  { start, step, length, sign }: { start: number; step: number; length: number; sign: 1 | -1 },
): void {
  const offset = (index: number): number => start + index * step;
  const swap = (values: Float64Array, i: number, j: number): void => {
    [values[i], values[j]] = [values[j]!, values[i]!];
  };
  for (let index = 1, reversed = 0; index < length; index++) {
    let bit = length >> 1;
    for (; reversed & bit; bit >>= 1) {
      reversed ^= bit;
    }
    reversed ^= bit;
    if (index < reversed) {
      swap(re, offset(index), offset(reversed));
      swap(im, offset(index), offset(reversed));
    }
  }
  for (let size = 2; size <= length; size *= 2) {
    for (let k = 0; k < size / 2; k++) {
      const angle = (sign * 2 * Math.PI * k) / size;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      for (let first = k; first < length; first += size) {
        const [i, j] = [offset(first), offset(first + size / 2)];
        const [a, b] = [re[j]! * c - im[j]! * s, re[j]! * s + im[j]! * c];
        [re[j], im[j]] = [re[i]! - a, im[i]! - b];
        [re[i], im[i]] = [re[i]! + a, im[i]! + b];
      }
    }
  }
}
