// Public to other folders: conditions from images.
export type { Posterior } from './gridPosterior.ts';
export { type InferOptions, inferConditions } from './inferConditions.ts';
