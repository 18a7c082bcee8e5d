// Whether decoding a file lost something that lossless compression would then lose too.
import type { DecodedImage } from '../contract/rawImages.ts';

/** What decoding changed for good, by its note, and why 8-bit grey or colour pixels can't hold it. */
const losses: Readonly<Record<string, string>> = {
  '16-bit': 'has 16 bits per value, and only 8 can be compressed',
  'transparency on white': 'is transparent, and only grey and RGB can be compressed',
  CMYK: 'is in CMYK, and only grey and RGB can be compressed',
  'first of several frames': 'has several frames, and only single images can be compressed',
};

/** Why an image isn't the picture in its file; undefined if it is. */
export function lossOf({ notes }: DecodedImage): string | undefined {
  const note = notes.find((one) => one in losses);
  return note === undefined ? undefined : losses[note];
}
