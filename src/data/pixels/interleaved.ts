// Converts planes of channels to pixels.
import type { Values } from '../../numeric/values.ts';

/** Converts an image from CHW to HWC. */
export function interleaved<Data extends Values>(planes: Data, channels: number): Data {
  if (channels === 1) {
    return planes;
  }
  const pixels = planes.length / channels;
  const out = planes.slice() as Data;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      out[pixel * channels + channel] = planes[channel * pixels + pixel]!;
    }
  }
  return out;
}
