// How a network of convolutions with wide activations splits the pixels of a batch on a CPU.

/** A sequence of convolutions with elementwise functions between them, on a batch of images. */
export interface ConvolutionNetwork {
  /** Images in the batch; open if negative. */
  readonly images: number;
  /** Pixels per image. */
  readonly pixels: number;
  /** The largest number of channels between two of its convolutions. */
  readonly channels: number;
}

/**
 * The hidden activations, in numbers, that are processed at a time: 4 MiB of float32 stay in a CPU's cache,
 * where products and the operations between them are up to a third faster.
 */
const BLOCK = 2 ** 20;

/** The row length where consecutive rows of a matrix map to the same cache lines: 4 KiB. */
const PERIOD = 1024;

/** The columns of a cache line. */
const LINE = 16;

/**
 * The number of columns in each block, for matrices with a row per channel and a column per pixel of every image. There are
 * as few blocks as possible that each about fit into a CPU's cache, of about the same length, of whole cache lines and, where
 * possible, whole pixels. Where rows are a multiple of 4 KiB apart, a product along them is slower, so no
 * block has such a length. An open batch is not split.
 */
export function columnBlocks({ images, pixels, channels }: ConvolutionNetwork): number[] {
  const columns = images * pixels;
  if (columns < 0) {
    return [columns];
  }
  const fitting = Math.ceil(columns / Math.max(1, Math.floor(BLOCK / channels)));
  const count = fitting === 1 && isSlow(columns) ? 2 : fitting;
  const unit = blockUnit(columns / count, images);
  const blocks: number[] = [];
  let remaining = columns;
  for (let more = count; more > 1; more--) {
    let length = Math.round(remaining / more / unit) * unit;
    while (isSlow(length) || (more === 2 && isSlow(remaining - length))) {
      length += unit;
    }
    blocks.push(length);
    remaining -= length;
  }
  return [...blocks, remaining];
}

/** What the lengths of blocks of about `length` columns are multiples of: lines, and whole pixels where these are short. */
function blockUnit(length: number, images: number): number {
  if (length < 4 * LINE) {
    return 1;
  }
  let unit = images;
  while (unit % LINE !== 0) {
    unit += images;
  }
  // Multiples of half a period can all be slow, whole or as what is left: the loop above would never end.
  return 16 * unit <= length && unit % (PERIOD / 2) !== 0 ? unit : LINE;
}

function isSlow(columns: number): boolean {
  return columns % PERIOD === 0;
}
