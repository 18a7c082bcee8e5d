// Images of any values as pixels of 8 bits: integers of colour images as they are, others as colours along a scale.
import type { ImageShape } from '../numeric/imageShape.ts';
import { inEightBits, kindOf, type ValueKind, type Values } from '../numeric/values.ts';
import { type HeatRange, heatMap, heatRange } from './heatMap.ts';

/** Pixels of 8 bits, and what their colours mean. */
export interface Viewable {
  /** Grey or RGB, `[N, H, W, C]`. */
  readonly pixels: Uint8Array;
  /** Their shape; the channels of an image that are no colours are side by side. */
  readonly shape: ImageShape;
  /** The range of the colours of each channel; empty for pixels that are shown as they are. */
  readonly ranges: readonly HeatRange[];
}

/** Whether images are shown as they are: 8-bit images, and colour images of 16 bits. */
function isPicture(kind: ValueKind, channels: number): boolean {
  return kind === 'uint8' || (kind === 'uint16' && channels === 3);
}

/** The shape of images of a kind as they are shown. */
export function viewedShape(kind: ValueKind, imageShape: ImageShape): ImageShape {
  const [height, width, channels] = imageShape;
  return isPicture(kind, channels) ? imageShape : [height, width * channels, 3];
}

/** Images `[N, H, W, C]` as pixels. */
export function viewable(images: Values, imageShape: ImageShape): Viewable {
  const kind = kindOf(images)!;
  const shape = viewedShape(kind, imageShape);
  if (images instanceof Uint8Array) {
    return { pixels: images, shape, ranges: [] };
  }
  const [height, width, channels] = imageShape;
  if (images instanceof Uint16Array && isPicture(kind, channels)) {
    return { pixels: inEightBits(images), shape, ranges: [] };
  }
  const area = height * width;
  const count = images.length / (area * channels);
  const pixels = new Uint8Array(3 * images.length);
  const ranges: HeatRange[] = [];
  for (let channel = 0; channel < channels; channel++) {
    const plane = Float32Array.from(
      { length: count * area },
      (_, index) => images[index * channels + channel]!,
    );
    const range = heatRange({ shape: [count, height, width], data: plane });
    ranges.push(range);
    const coloured = heatMap(plane, range);
    for (let row = 0; row < count * height; row++) {
      const line = coloured.subarray(3 * row * width, 3 * (row + 1) * width);
      pixels.set(line, 3 * (row * channels + channel) * width);
    }
  }
  return { pixels, shape, ranges };
}
