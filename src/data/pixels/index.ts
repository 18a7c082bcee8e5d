// Public to other folders: fitting images to a model, and augmentations.
export { type AugmentationName, augmentations, checkAugmentations } from './augment.ts';
export { grey, inColour, isColourless, matchColour, onWhite } from './channels.ts';
export { pixelDeviation } from './deviation.ts';
export { exactPixels, fitImage } from './fitImage.ts';
export { type Crop, crops } from './fitPicture.ts';
export { resized } from './resize.ts';
export {
  type Integers,
  inKind,
  joined,
  ofBits,
  pixelsFromValues,
  reduceBits,
  requireEightBits,
  toBits,
  toFullRange,
} from './values.ts';
