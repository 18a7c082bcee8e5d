// Public to other folders: conditions from images.
export { type ComponentPosterior, probabilityBelow, quantile } from './gridPosterior.ts';
export { type InferOptions, inferConditions } from './inferConditions.ts';
