// Public to other folders: faults in datasets.
export { type Audit, type AuditModel, audit, type Finding } from './audit.ts';
export { decodePicture, type ExaminedImage } from './examinedImages.ts';
export { copiesOfKnown, requirePictures } from './knownCopies.ts';
export type { ImageGroup } from './shapes.ts';
export { LARGE_CLASS, type WrongLabelEstimate } from './wrongLabels.ts';
