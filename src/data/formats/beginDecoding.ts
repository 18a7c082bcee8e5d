// What a decoder reports before it decodes.

/**
 * Called with the size of an image before memory is allocated; an Error from it makes the file corrupt.
 *
 * @param about.valueBytes bytes per value; default 1
 * @param about.isProgressive whether all coefficients are kept while it is decoded; default false
 */
export type BeginDecoding = (
  width: number,
  height: number,
  about?: { readonly valueBytes?: number; readonly isProgressive?: boolean | undefined },
) => Promise<void>;
