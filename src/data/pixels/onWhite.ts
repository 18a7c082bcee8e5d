// Composites transparency onto white, since models have no alpha channel.
import type { DecodedImage } from '../contract/rawImages.ts';
import type { Integers } from './bitDepth.ts';

/**
 * The image without its alpha channel: removed if it is opaque everywhere, otherwise composited onto white,
 * v' = (α·v + (w − α)·w) / w with w = 255, or 65,535 for 16 bits, which is recorded in the notes.
 */
export function onWhite<Data extends Integers>(image: DecodedImage<Data>): DecodedImage<Data> {
  const { channels } = image;
  if (channels === 1 || channels === 3) {
    return image;
  }
  const kept = (channels - 1) as 1 | 3;
  const pixels = image.width * image.height;
  const white = 2 ** (8 * image.data.BYTES_PER_ELEMENT) - 1;
  const data = image.data.slice(0, pixels * kept) as Data;
  let opaque = true;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const alpha = image.data[pixel * channels + kept]!;
    opaque &&= alpha === white;
    for (let channel = 0; channel < kept; channel++) {
      const value = image.data[pixel * channels + channel]!;
      data[pixel * kept + channel] = Math.round((alpha * value + (white - alpha) * white) / white);
    }
  }
  const notes = opaque ? image.notes : [...image.notes, 'transparency on white'];
  return { ...image, channels: kept, data, notes };
}
