// What other rooms import from this folder.
export { type ComponentPosterior, probabilityBelow, quantile } from './gridPosterior.ts';
export { type InferOptions, inferConditions } from './inferConditions.ts';
