// What `emerging-flows/data` exports in Node and in pages.

export type { ValueKind, Values } from '../../core/numeric/values.ts';
export { conditioned, type WantedConditions } from '../../data/contract/conditions.ts';
export {
  type Conditions,
  type ConditionValues,
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
  type ValidationShare,
} from '../../data/contract/dataset.ts';
export type { NamedDataset } from '../../data/contract/rawImages.ts';
export type { Crop } from '../../data/pixels/fitPicture.ts';
export type { ImageFileOptions, NamedImages } from '../../data/sources/namedImages.ts';
