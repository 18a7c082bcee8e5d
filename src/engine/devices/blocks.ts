// How a network of convolutions with wide activations splits a batch on a CPU.
import type { ConvolutionNetwork } from './graphStyle.ts';

/**
 * The hidden activations, in numbers, that are processed at a time: 4 MiB of float32 stay in a CPU's cache,
 * where products and the operations between them are up to a third faster.
 */
const BLOCK = 2 ** 20;

/** The row length at which consecutive rows of a matrix map to the same cache lines: 4 KiB. */
const PERIOD = 1024;

/** Columns are divided in multiples of as many: whole cache lines. */
const LINE = 16;

/**
 * The number of columns in each block, for matrices with a row per channel and a column per pixel of every image: as few
 * blocks as fit into a CPU's cache, of about the same length. Where rows are a multiple of 4 KiB apart, a product along
 * them is slower (`bench/products.ts`), so no block has such a length. An open batch is not split.
 */
export function columnBlocks({ images, pixels, channels }: ConvolutionNetwork): number[] {
  const columns = images * pixels;
  if (columns < 0) {
    return [columns];
  }
  const fitting = Math.ceil(columns / Math.max(1, Math.floor(BLOCK / channels)));
  const count = fitting === 1 && columns % PERIOD === 0 ? 2 : fitting;
  const share = columns / count;
  const unit = share < 4 * LINE ? 1 : LINE;
  /** Blocks of this many more columns, but for the last one. */
  const lengths = (more: number): number[] => {
    const ends = Array.from({ length: count }, (_, index) => {
      const blocks = index + 1;
      return blocks === count ? columns : Math.round((blocks * share) / unit) * unit + blocks * more;
    });
    return ends.map((end, index) => end - (ends[index - 1] ?? 0));
  };
  const even = lengths(0);
  return even.some((length) => length % PERIOD === 0) ? lengths(unit) : even;
}
