// Defaults and limits of samples, which several rooms share.

/** The default temperature. */
export const DEFAULT_TEMPERATURE = 0.8;

/** Above this, most models' samples fall apart. */
export const MOST_TEMPERATURE = 1.2;

/** The most samples on a sheet. */
export const MOST_SAMPLES = 400;
