// Public to other folders: the layers.
export { actnorm } from './actnorm.ts';
export { butterfly } from './butterfly.ts';
export { type CirculantOptions, circulant } from './circulant.ts';
export { conv1x1, conv1x1Plu, conv1x1Qr } from './conv1x1.ts';
export {
  type ConvolutionExponentialOptions,
  convolutionExponential,
} from './convolutionExponential.ts';
export { type EmergingOptions, emerging } from './emerging.ts';
export { type FourCornersOptions, fourCorners } from './fourCorners.ts';
export { type MafOptions, maf } from './maf.ts';
export { periodic } from './periodic.ts';
export { reverse, shuffle } from './permutation.ts';
export { squeeze } from './squeeze.ts';
export { type WoodburyOptions, woodbury, woodburyMe } from './woodbury.ts';
