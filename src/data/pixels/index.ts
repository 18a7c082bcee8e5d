// Public to other folders: fitting images to a model, and augmentations.
export { type AugmentationName, augmentations, checkAugmentations } from './augment.ts';
export {
  type Integers,
  inKind,
  ofBits,
  pixelsFromValues,
  reduceBits,
  requireEightBits,
  toBits,
  toFullRange,
} from './bitDepth.ts';
export { grey, inColour, isColourless, matchColour, onWhite } from './channels.ts';
export { pixelDeviation } from './deviation.ts';
export { joined } from './finite.ts';
export { exactPixels, fitImage } from './fitImage.ts';
export { type Crop, crops } from './fitPicture.ts';
export { resized } from './resize.ts';
