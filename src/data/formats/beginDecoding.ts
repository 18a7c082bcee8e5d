// The report of a decoder before it starts.

/** The cost of decoding an image. */
export interface DecodingCost {
  /** The most bytes per pixel in memory during decoding, all copies included. */
  readonly pixelBytes: number;
  /** The passes over all pixels, such as the scans of a progressive JPEG; default 1. */
  readonly scans?: number;
  /** The decoded pixels, if there may be more than those of the image; default width times height. */
  readonly pixels?: number;
}

/** Called with the size of an image before memory is allocated; throws UserError if it is too large. */
export type BeginDecoding = (width: number, height: number, cost: DecodingCost) => Promise<void>;
