// How the images of a batch are divided for a processor, for a network of convolutions with wide activations.
import type { ConvolutionNetwork } from './graphStyle.ts';

/**
 * The hidden activations, in numbers, that are worked on at a time: 4 MiB of float32 stay in a processor's cache,
 * where products and what comes between them are up to a third faster.
 */
const BLOCK = 2 ** 20;

/** The pixels in a row of a matrix after which the next row falls on the same lines of a processor's cache: 4 KiB. */
const PERIOD = 1024;

/** What is divided. */
type Blocks = Omit<ConvolutionNetwork, 'differentiated'>;

/** How many images each block has: as many as fit into a processor's cache together. */
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
 * The same for matrices with a row for each channel and a column for each pixel. Where rows lie a multiple of 4 KiB
 * apart, a product along them is slower (`bench/products.ts`): there every block has an odd number of images, about as
 * many as fit, which helps unless the pixels of a single image are such a multiple.
 */
export function oddBlockLengths(blocks: Blocks): number[] {
  const lengths = blockLengths(blocks);
  const { images, pixels } = blocks;
  if (images < 0 || !lengths.some((length) => (length * pixels) % PERIOD === 0)) {
    return lengths;
  }
  // Odd numbers add up to an even total only if there is an even number of them, and to an odd one only if odd.
  const count = lengths.length + ((images - lengths.length) % 2);
  const smallest = Math.floor((images / count + 1) / 2) * 2 - 1;
  const larger = (images - count * smallest) / 2;
  return Array.from({ length: count }, (_, index) => (index < larger ? smallest + 2 : smallest));
}

function mostImages({ pixels, channels }: Omit<Blocks, 'images'>): number {
  return Math.max(1, Math.floor(BLOCK / (pixels * channels)));
}
