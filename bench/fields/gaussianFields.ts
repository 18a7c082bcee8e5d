// Periodic Gaussian fields with a power-law spectrum: how they are drawn, and their exact density.
//
// In unitary normalisation, x̂ = F·x with F the Fourier matrix divided by √(side²), the modes of a field are independent
// with variance P(k), so ln p = −½ Σₖ (|x̂ₖ|²/P(k) + ln 2πP(k)) over all side² wave vectors k.
import type { RandomStream } from '../../src/core/numeric/random.ts';
import { fieldFromModes, fourierModes } from './fourier.ts';

/** P(k) = amplitude²·(max(|k|, 1)/PIVOT)^−slope, with k in waves per side. */
export interface PowerLaw {
  readonly amplitude: number;
  readonly slope: number;
}

/** The wave number where the slope changes nothing. */
const PIVOT = 11;

/** ln(max(|k|, 1)/PIVOT) of each wave vector of a square lattice, row by row. */
function logWaveNumbers(side: number): Float64Array {
  const signed = (index: number): number => (index <= side / 2 ? index : index - side);
  return Float64Array.from({ length: side * side }, (_, index) =>
    Math.log(Math.max(Math.hypot(signed(Math.floor(index / side)), signed(index % side)), 1) / PIVOT),
  );
}

/** P(k) of each wave vector. */
export function powerSpectrum(side: number, { amplitude, slope }: PowerLaw): Float64Array {
  return logWaveNumbers(side).map((log) => amplitude ** 2 * Math.exp(-slope * log));
}

/** A field of this spectrum, from a stream of random numbers. */
export function drawField(side: number, law: PowerLaw, random: RandomStream): Float64Array {
  const { re, im } = fourierModes(random.normals(side * side), side);
  const deviations = powerSpectrum(side, law).map(Math.sqrt);
  const scaled = (part: Float64Array): Float64Array => part.map((value, k) => value * deviations[k]!);
  return fieldFromModes({ re: scaled(re), im: scaled(im) }, side);
}

/** The exact log-density of a field, in nats. */
export function exactDensity(field: ArrayLike<number>, side: number, law: PowerLaw): number {
  const { re, im } = fourierModes(field, side);
  return powerSpectrum(side, law).reduce((sum, power, k) => {
    const ratio = (re[k]! ** 2 + im[k]! ** 2) / power;
    return sum - (ratio + Math.log(2 * Math.PI * power)) / 2;
  }, 0);
}
