// How a network of convolutions with wide activations splits a batch on a CPU.
import type { ConvolutionNetwork } from './graphStyle.ts';

/**
 * The hidden activations, in numbers, that are processed at a time: 4 MiB of float32 stay in a CPU's cache,
 * where products and the operations between them are up to a third faster.
 */
const BLOCK = 2 ** 20;

/** The row length, in pixels, at which consecutive rows of a matrix map to the same cache lines: 4 KiB. */
const PERIOD = 1024;

/** What is split. */
type Blocks = Omit<ConvolutionNetwork, 'differentiated'>;

/** The number of images in each block: as many as fit into a CPU's cache together. */
export function blockLengths({ images, pixels, channels }: Blocks): number[] {
  const most = mostImages({ pixels, channels });
  if (images <= most) {
    return [images];
  }
  return Array.from({ length: Math.ceil(images / most) }, (_, index) =>
    Math.min(most, images - index * most),
  );
}

/**
 * The same for matrices with a row per channel and a column per pixel. Where rows are a multiple of 4 KiB
 * apart, a product along them is slower (`bench/products.ts`): there every block has an odd number of images,
 * about as many as fit, which helps unless a single image already has such a multiple of pixels.
 */
export function oddBlockLengths(blocks: Blocks): number[] {
  const lengths = blockLengths(blocks);
  const { images, pixels } = blocks;
  if (images < 0 || !lengths.some((length) => (length * pixels) % PERIOD === 0)) {
    return lengths;
  }
  // Odd numbers add up to an even total only if there is an even number of them, to an odd total only if odd.
  const count = lengths.length + ((images - lengths.length) % 2);
  const smallest = Math.floor((images / count + 1) / 2) * 2 - 1;
  const larger = (images - count * smallest) / 2;
  return Array.from({ length: count }, (_, index) => (index < larger ? smallest + 2 : smallest));
}

function mostImages({ pixels, channels }: Omit<Blocks, 'images'>): number {
  return Math.max(1, Math.floor(BLOCK / (pixels * channels)));
}
