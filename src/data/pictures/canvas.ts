// A small colour canvas: images, enlarged pixel by pixel, and labels in a 3x5 font.
import { encode } from 'fast-png';
import {
  type ImageShape,
  inEightBits,
  type ValueKind,
  type Values,
  valueKind,
} from '../../core/numeric/index.ts';
import { type HeatRange, heatMap, heatRange } from './heatMap.ts';

/** Where something is drawn: the pixel of its upper left corner. */
type Place = readonly [left: number, top: number];

interface DrawnImage {
  readonly pixels: Uint8Array;
  readonly shape: readonly [height: number, width: number, channels: number];
}

/** The size of a letter with the gap after it, in pixels. */
const letter = { width: 8, height: 10, scale: 2 };
const white = 255;
const ink = 40;
/** Cyan, which neither photos nor the colours of maps have often. */
const frameColour = [0, 220, 255];

/** The rows of each letter, as three bits. */
const font: Readonly<Record<string, readonly number[]>> = {
  '0': [7, 5, 5, 5, 7],
  '1': [2, 6, 2, 2, 7],
  '2': [7, 1, 7, 4, 7],
  '3': [7, 1, 7, 1, 7],
  '4': [5, 5, 7, 1, 1],
  '5': [7, 4, 7, 1, 7],
  '6': [7, 4, 7, 5, 7],
  '7': [7, 1, 1, 2, 2],
  '8': [7, 5, 7, 5, 7],
  '9': [7, 5, 7, 1, 7],
  '.': [0, 0, 0, 0, 2],
  '-': [0, 0, 7, 0, 0],
  '/': [1, 1, 2, 4, 4],
  '+': [0, 2, 7, 2, 0],
  A: [7, 5, 7, 5, 5],
  B: [6, 5, 6, 5, 6],
  D: [6, 5, 5, 5, 6],
  E: [7, 4, 6, 4, 7],
  F: [7, 4, 6, 4, 4],
  I: [7, 2, 2, 2, 7],
  L: [4, 4, 4, 4, 7],
  M: [7, 7, 5, 5, 5],
  N: [6, 5, 5, 5, 5],
  S: [7, 4, 7, 1, 7],
  T: [7, 2, 2, 2, 2],
  U: [5, 5, 5, 5, 7],
  V: [5, 5, 5, 5, 2],
  ' ': [0, 0, 0, 0, 0],
};

/** The width and the height of a text, in pixels. */
export function textSize(text: string): readonly [width: number, height: number] {
  return [text.length * letter.width - letter.scale, letter.height];
}

/** A white picture to draw on. What lies outside of it is left out. */
export class Canvas {
  private readonly width: number;
  private readonly height: number;
  private readonly data: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.data = new Uint8Array(3 * width * height).fill(white);
  }

  /** Draws an image with every pixel as a square of this side. */
  drawImage({ pixels, shape: [height, width, channels] }: DrawnImage, [x, top]: Place, side: number): void {
    for (let row = 0; row < height * side; row++) {
      for (let column = 0; column < width * side; column++) {
        const start = (Math.floor(row / side) * width + Math.floor(column / side)) * channels;
        const colour = channels === 1 ? [0, 0, 0] : [0, 1, 2];
        this.drawPixel(
          [x + column, top + row],
          colour.map((channel) => pixels[start + channel]!),
        );
      }
    }
  }

  /** Draws the outline of a rectangle, inside of it. */
  drawFrame([x, top]: Place, [width, height]: readonly [width: number, height: number]): void {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        if (row === 0 || row === height - 1 || column === 0 || column === width - 1) {
          this.drawPixel([x + column, top + row], frameColour);
        }
      }
    }
  }

  /** Draws a text of capitals, digits and signs that the font has. */
  drawText(text: string, [x, top]: Place): void {
    Array.from(text).forEach((character, index) => {
      const rows = font[character];
      if (!rows) {
        throw new Error(`the font has no letter '${character}'`);
      }
      const pixels = Uint8Array.from({ length: 15 }, (_, pixel) =>
        (rows[Math.floor(pixel / 3)]! >> (2 - (pixel % 3))) & 1 ? ink : white,
      );
      this.drawImage({ pixels, shape: [5, 3, 1] }, [x + index * letter.width, top], letter.scale);
    });
  }

  /** The picture as the bytes of a PNG. */
  encode(): Uint8Array {
    return encode({ width: this.width, height: this.height, data: this.data, channels: 3, depth: 8 });
  }

  private drawPixel([x, top]: Place, colour: readonly number[]): void {
    if (x >= 0 && x < this.width && top >= 0 && top < this.height) {
      this.data.set(colour, 3 * (top * this.width + x));
    }
  }
}

/** Pixels of 8 bits, and what their colours mean. */
interface Viewable {
  /** Grey or RGB, `[N, H, W, C]`. */
  readonly pixels: Uint8Array;
  /** Their shape; channels that are not colours are side by side. */
  readonly shape: ImageShape;
  /** The range of the colours of each channel; empty for pixels that are shown unchanged. */
  readonly ranges: readonly HeatRange[];
}

/** Whether images are shown unchanged: 8-bit images, and colour images of 16 bits. */
function isPicture(kind: ValueKind, channels: number): boolean {
  return kind === 'uint8' || (kind === 'uint16' && channels === 3);
}

/** The displayed shape of images of a kind. */
export function viewedShape(kind: ValueKind, imageShape: ImageShape): ImageShape {
  const [height, width, channels] = imageShape;
  return isPicture(kind, channels) ? imageShape : [height, width * channels, 3];
}

/** Images `[N, H, W, C]` as pixels. */
export function viewable(images: Values, imageShape: ImageShape): Viewable {
  const kind = valueKind(images)!;
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
