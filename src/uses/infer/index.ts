// Public to other folders: conditions from images.
export type { Posterior } from './gridPosterior.ts';
export { inferConditions } from './inferConditions.ts';
