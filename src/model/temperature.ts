// The default temperature of latents and samples: alone, since the page of the studio reads it without the library.

/** The temperature unless another one is chosen: 1, which draws from the model itself. */
export const DEFAULT_TEMPERATURE = 1;
