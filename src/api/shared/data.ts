// What `emerging-flows/data` exports in Node and in pages.

export type { ValueKind, Values } from '../../core/numeric/index.ts';
export {
  type Conditions,
  type ConditionValues,
  conditioned,
  type Dataset,
  type ImageSet,
  imagesInMemory,
  type Labels,
  labelled,
  type NamedDataset,
} from '../../data/contract/index.ts';
export { pointsDataset } from '../../data/index.ts';
export type { NamedImages } from '../../data/sources/index.ts';
