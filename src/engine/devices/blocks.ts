// How a network of convolutions with wide activations splits a batch on a CPU.
import type { ConvolutionNetwork } from './graphStyle.ts';

/**
 * The hidden activations, in numbers, that are processed at a time: 4 MiB of float32 stay in a CPU's cache,
 * where products and the operations between them are up to a third faster.
 */
const BLOCK = 2 ** 20;

/** The row length, in pixels, at which consecutive rows of a matrix map to the same cache lines: 4 KiB. */
const PERIOD = 1024;

/** The number of images in each block: as many as fit into a CPU's cache together. */
export function blockLengths({ images, pixels, channels }: ConvolutionNetwork): number[] {
  const most = mostImages({ pixels, channels });
  if (images <= most) {
    return [images];
  }
  return Array.from({ length: Math.ceil(images / most) }, (_, index) =>
    Math.min(most, images - index * most),
  );
}

/** Columns are divided in multiples of as many: whole cache lines. */
const LINE = 16;

/**
 * The same for matrices with a row per channel and a column per pixel, which need not be divided between images: as few
 * blocks as fit, of about the same length. Where rows are a multiple of 4 KiB apart, a product along them is slower
 * (`bench/products.ts`): no block of several has such a length.
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
  const ends = (longer: number): number[] =>
    Array.from({ length: count }, (_, index) =>
      index === count - 1 ? columns : Math.round(((index + 1) * share) / unit) * unit + (index + 1) * longer,
    );
  const lengths = (longer: number): number[] =>
    ends(longer).map((end, index, all) => end - (all[index - 1] ?? 0));
  const even = lengths(0);
  return even.some((length) => length % PERIOD === 0) ? lengths(unit) : even;
}

function mostImages({ pixels, channels }: Omit<ConvolutionNetwork, 'images'>): number {
  return Math.max(1, Math.floor(BLOCK / (pixels * channels)));
}
