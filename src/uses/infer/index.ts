// What other folders may import: conditions from images.
export { type ComponentPosterior, probabilityBelow, quantile } from './gridPosterior.ts';
export { type InferOptions, inferConditions } from './inferConditions.ts';
