// What `emerging-flows/data` exports in Node and in pages.

export type { ValueKind, Values } from '../../core/numeric/index.ts';
export {
  type Conditions,
  type ConditionValues,
  conditioned,
  type Dataset,
  type DatasetDescription,
  type DatasetSource,
  type HoldOut,
  type HoldOutByName,
  type HoldOutByPosition,
  type ImageSet,
  imagesInMemory,
  type Labels,
  labelled,
  type NamedDataset,
  type ValidationShare,
  type WantedConditions,
} from '../../data/contract/index.ts';
export type { Crop } from '../../data/pixels/index.ts';
export { pointsDataset } from '../../data/points.ts';
export type { ImageFileOptions, NamedImages } from '../../data/sources/namedImages.ts';
