// What a decoder reports before it decodes.

/** What decoding an image costs, besides its size. */
export interface DecodingCost {
  /** The most bytes in memory per pixel while it is decoded, all copies included. */
  readonly pixelBytes: number;
  /** The passes over all pixels, such as the scans of a progressive JPEG; default 1. */
  readonly scans?: number;
  /** The pixels that are decoded, if these may be more than those of the image; default width times height. */
  readonly pixels?: number;
}

/** Called with the size of an image before memory is allocated; throws UserError if it is too large. */
export type BeginDecoding = (width: number, height: number, cost: DecodingCost) => Promise<void>;
