// The orientation in EXIF data, as of the chunk eXIf of PNG files.
import { charactersOf, viewOf } from './bytes.ts';

const orientationTag = 0x0112;
const entryLength = 12;

/** The orientation, 1 to 8; 1 if the data have none or are invalid: the pixels do not depend on them otherwise. */
export function exifOrientation(exif: Uint8Array): number {
  const order = charactersOf(exif.subarray(0, 4));
  if (exif.length < 8 || (order !== 'II*\0' && order !== 'MM\0*')) {
    return 1;
  }
  const view = viewOf(exif);
  const isLittle = order === 'II*\0';
  const start = view.getUint32(4, isLittle);
  if (start + 2 > exif.length) {
    return 1;
  }
  const count = view.getUint16(start, isLittle);
  for (let at = start + 2, index = 0; index < count && at + entryLength <= exif.length; index++) {
    if (view.getUint16(at, isLittle) === orientationTag) {
      const value = view.getUint16(at + 8, isLittle);
      return value >= 1 && value <= 8 ? value : 1;
    }
    at += entryLength;
  }
  return 1;
}
