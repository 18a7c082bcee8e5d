// Public to other folders: images by name, and their splits.
export type { NamedImages } from './namedImages.ts';
export { splitOfFolder } from './splitOfName.ts';
