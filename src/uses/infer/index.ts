// The door of this folder for other rooms: conditions from images.
export { type ComponentPosterior, probabilityBelow, quantile } from './gridPosterior.ts';
export { type InferOptions, inferConditions } from './inferConditions.ts';
