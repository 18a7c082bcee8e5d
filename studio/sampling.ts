// Defaults and limits of samples, which several rooms share.

export { DEFAULT_TEMPERATURE } from '../src/model/temperature.ts';

/** Above this, most models' samples fall apart. */
export const MOST_TEMPERATURE = 1.2;

/** The most samples on a sheet. */
export const MOST_SAMPLES = 400;
