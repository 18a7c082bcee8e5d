// Whether decoding a file lost something that lossless compression would then lose too.
import { kindInWords, kindOf } from '../../numeric/values.ts';
import type { DecodedImage } from '../contract/rawImages.ts';

/** What decoding changed for good, by its note, and why 8-bit grey or colour pixels can't hold it. */
const losses: Readonly<Record<string, string>> = {
  '16-bit': 'has more than 8 bits per value, and only 8 can be compressed',
  'transparency on white': 'is transparent: only grey and RGB can be compressed; remove its alpha channel',
  CMYK: 'is in CMYK, and only grey and RGB can be compressed',
  'first of several frames': 'has several frames, and only single images can be compressed',
};

/** The pixels of the picture in a file, or why 8-bit grey or colour pixels can't be all of it. */
export function exactPixels({ notes, data }: DecodedImage): Uint8Array | string {
  if (!(data instanceof Uint8Array)) {
    return `has ${kindInWords(kindOf(data)!)}, and only integers of 8 bits can be compressed`;
  }
  const note = notes.find((one) => one in losses);
  return note === undefined ? data : losses[note]!;
}
