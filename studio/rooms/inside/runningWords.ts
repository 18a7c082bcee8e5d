// Bits in words: those of an image, and their running sum over the stages.
import { decimal } from '../../numbers.ts';

/** bits/dim of an image. */
export function bitsWords(bitsPerDim: number): string {
  return Number.isFinite(bitsPerDim) ? `${decimal(bitsPerDim, 3)} bits/dim` : 'bits/dim not finite';
}

/** The sums of the first 1, 2, … numbers. */
export function sumsOf(numbers: readonly number[]): number[] {
  let sum = 0;
  return numbers.map((one) => {
    sum += one;
    return sum;
  });
}

/**
 * What the bits after so many stages mean.
 *
 * @param bits those before the first stage, then those that each stage adds
 * @param count the number of values of the image
 */
export function runningWords(bits: readonly number[], count: number, at: number): string {
  const sum = sumsOf(bits)[at]!;
  if (!Number.isFinite(sum)) {
    return 'The sum is not finite: values overflow on the way.';
  }
  const perValue = decimal(sum / count, 3);
  if (at === 0) {
    return `Before the first stage, all images cost the same: ${tenths(sum)} bits, ${perValue} for each of the ${count.toLocaleString('en')} values.`;
  }
  const own = bits[at]!;
  const change = `This stage ${own < 0 ? 'saves' : 'adds'} ${tenths(Math.abs(own))} bits`;
  return at === bits.length - 1
    ? `${change}. In total, the image has ${tenths(sum)} bits, ${perValue} bits/dim.`
    : `${change}; so far, the sum is ${tenths(sum)} bits, ${perValue} for each value.`;
}

/** A number with one decimal, and separators of thousands. */
function tenths(number: number): string {
  const options = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return number.toLocaleString('en', options).replace('-', '−');
}
