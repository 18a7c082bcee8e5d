// Toeplitz matrices, whose entries depend only on their distance from the diagonal.
import type { Tensor } from '../tensor.ts';
import { expand } from './broadcast.ts';
import { reshape, slice } from './layout.ts';

/**
 * The Toeplitz matrix T[r, c] = line[(c − r) mod 2n], `[n, n, …]`, of numbers or of blocks.
 *
 * Its rows are cut from the line, repeated, each one entry shorter than the line: so each begins one entry earlier.
 *
 * @param line `[2n, …]`
 */
export function toeplitz(line: Tensor): Tensor {
  const [period, ...entry] = line.shape as [number, ...number[]];
  const size = period / 2;
  const repeated = expand(reshape(line, [1, period, ...entry]), [size, period, ...entry]);
  const cut = slice(reshape(repeated, [size * period, ...entry]), 0, 0, size * (period - 1));
  return slice(reshape(cut, [size, period - 1, ...entry]), 1, 0, size);
}
