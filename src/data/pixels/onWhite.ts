// Composites transparency onto white, since models have no alpha channel.
import type { DecodedImage } from '../contract/rawImages.ts';

/**
 * The image without its alpha channel: removed if it is opaque everywhere, otherwise composited onto white,
 * v' = (α·v + (255 − α)·255) / 255, which is recorded in the notes.
 */
export function onWhite(image: DecodedImage): DecodedImage {
  const { channels } = image;
  if (channels === 1 || channels === 3) {
    return image;
  }
  const kept = (channels - 1) as 1 | 3;
  const pixels = image.width * image.height;
  const data = new Uint8Array(pixels * kept);
  let opaque = true;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const alpha = image.data[pixel * channels + kept]!;
    opaque &&= alpha === 255;
    for (let channel = 0; channel < kept; channel++) {
      const value = image.data[pixel * channels + channel]!;
      data[pixel * kept + channel] = Math.round((alpha * value + (255 - alpha) * 255) / 255);
    }
  }
  const notes = opaque ? image.notes : [...image.notes, 'transparency on white'];
  return { ...image, channels: kept, data, notes };
}
