// `emerging-flows/data` in a page or its worker: images in memory.

export { type Dataset, type ImageSet, imagesInMemory } from '../data/dataset.ts';
