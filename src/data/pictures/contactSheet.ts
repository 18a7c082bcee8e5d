// Many images in one PNG: samples, reconstructions, interpolations.
import { encode } from 'fast-png';
import { UserError } from '../../core/errors.ts';
import {
  countElements,
  isPointShape,
  requireArgument,
  type ValueKind,
  type Values,
  valueKind,
} from '../../core/numeric/index.ts';
import { Canvas, textSize, viewable, viewedShape } from './canvas.ts';
import { type HeatRange, heatMap } from './heatMap.ts';

/** How the images of a contact sheet are laid out. */
export interface ContactSheetOptions {
  /** Height, width and channels of one image: grey (1) or colour (3), or any number of other than 8-bit integers. */
  readonly imageShape: readonly [height: number, width: number, channels: number];
  /** Images in a row; by default as many as make the sheet nearly square. */
  readonly columns?: number;
  /** Pixels of the sheet along one side of a pixel of an image; by default 1 to 4, so that small images grow. */
  readonly scale?: number;
  /** Grey pixels between two images, 2 by default. */
  readonly gap?: number;
}

const grey = 128;
/** The side, in pixels, that images are enlarged to unless a scale is given. */
const comfortableSide = 64;
const largestDefaultScale = 4;
/** 16,384 x 16,384: most viewers open nothing larger, and the memory for it is below 1 GiB. */
const MOST_SHEET_PIXELS = 2 ** 28;

/**
 * Images [count, height, width, channels], row by row on one sheet with grey gaps, as the bytes of a PNG. Images of 8 bits,
 * and colour images of 16, are shown unchanged; others in colours along a scale, which is below them, one channel next to the
 * other.
 *
 * @throws UserError if images of 8 bits have other than 1 or 3 channels, they are points, or the sheet would be too large
 */
export function contactSheet(images: Values, options: ContactSheetOptions): Uint8Array {
  requireArgument(
    ArrayBuffer.isView(images) && Array.isArray(options?.imageShape),
    'contactSheet needs pixels and their shape, such as contactSheet(pixels, { imageShape: model.imageShape })',
  );
  const count = images.length / countElements(options.imageShape);
  const kind = valueKind(images)!;
  const { channels, columns, scale, gap, sheetHeight, sheetWidth } = layOutSheet(count, kind, options);
  const { pixels, shape, ranges } = viewable(images, options.imageShape);
  const [height, width] = shape;
  const cellHeight = height * scale + gap;
  const cellWidth = width * scale + gap;
  const sheet = new Uint8Array(sheetHeight * sheetWidth * channels).fill(grey);
  const line = new Uint8Array(width * scale * channels);
  for (let image = 0; image < count; image++) {
    const top = Math.floor(image / columns) * cellHeight;
    const firstColumn = (image % columns) * cellWidth;
    for (let row = 0; row < height; row++) {
      const start = (image * height + row) * width * channels;
      enlargeRow(pixels.subarray(start, start + width * channels), channels, scale, line);
      for (let copy = 0; copy < scale; copy++) {
        sheet.set(line, ((top + row * scale + copy) * sheetWidth + firstColumn) * channels);
      }
    }
  }
  if (ranges.length > 0) {
    return withColourBars(sheet, [sheetHeight, sheetWidth], ranges);
  }
  return encode({ width: sheetWidth, height: sheetHeight, data: sheet, channels, depth: 8 });
}

/**
 * Checks, before the images are made, that a sheet has room for them.
 *
 * @param kind the kind of their values; by default integers of 8 bits
 * @throws UserError as `contactSheet` does
 */
export function requireDrawable(
  count: number,
  { kind = 'uint8', ...options }: ContactSheetOptions & { readonly kind?: ValueKind },
): void {
  layOutSheet(count, kind, options);
}

interface SheetLayout {
  readonly channels: 1 | 3;
  readonly columns: number;
  readonly scale: number;
  readonly gap: number;
  readonly sheetHeight: number;
  readonly sheetWidth: number;
}

function layOutSheet(count: number, kind: ValueKind, options: ContactSheetOptions): SheetLayout {
  if (kind === 'float32' && isPointShape(options.imageShape)) {
    throw new UserError(
      'unsupported',
      `points of ${options.imageShape[2]} numbers can't be drawn as images: only sample draws points`,
    );
  }
  const [height, width, channels] = viewedShape(kind, options.imageShape);
  if (channels !== 1 && channels !== 3) {
    throw new UserError(
      'unsupported',
      `images with ${channels} channels cannot be shown: a picture has 1 (grey) or 3 (colour)`,
    );
  }
  const columns = options.columns ?? nearlySquare(count, height, width);
  const scale = options.scale ?? defaultScale(height, width);
  const gap = options.gap ?? 2;
  checkCounts({ count, height, width, columns, scale, 'gap + 1': gap + 1 });

  const sheetHeight = Math.ceil(count / columns) * (height * scale + gap) - gap;
  const sheetWidth = columns * (width * scale + gap) - gap;
  if (sheetHeight * sheetWidth > MOST_SHEET_PIXELS) {
    throw new UserError(
      'unsupported',
      `${count} images would make a picture of ${sheetWidth} x ${sheetHeight} pixels, more than ${MOST_SHEET_PIXELS} in all: ` +
        'choose fewer images',
    );
  }
  return { channels, columns, scale, gap, sheetHeight, sheetWidth };
}

/** Columns so that `count` images of this size cover about as much width as height. */
function nearlySquare(count: number, height: number, width: number): number {
  return Math.min(count, Math.max(1, Math.ceil(Math.sqrt((count * height) / width))));
}

/** The height in pixels of one row of a sheet of such images, without gaps. */
export function rowHeight(imageShape: ContactSheetOptions['imageShape'], kind: ValueKind = 'uint8'): number {
  const [height, width] = viewedShape(kind, imageShape);
  return height * defaultScale(height, width);
}

function defaultScale(height: number, width: number): number {
  return Math.min(largestDefaultScale, Math.max(1, Math.floor(comfortableSide / Math.max(height, width))));
}

function checkCounts(counts: Record<string, number>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`contact sheet: ${name} must be a positive integer, not ${value}`);
    }
  }
}

function enlargeRow(row: Uint8Array, channels: number, scale: number, out: Uint8Array): void {
  for (let index = 0; index < out.length; index++) {
    const pixel = Math.floor(index / (scale * channels));
    out[index] = row[pixel * channels + (index % channels)]!;
  }
}

const margin = 8;
const barHeight = 12;
const leastWidth = 240;

/** From this number on, and below its inverse, numbers are written with an exponent. */
const LARGE = 1e5;

/** The most leading digits that all numbers of a range share and that are written: float32 has seven. */
const MOST_LOST = 5;

/** A number in the letters of the font, with enough digits to tell the ends of a range apart. */
function numberText(value: number, [low, high]: HeatRange): string {
  const size = Math.abs(value);
  const isPlain = value === 0 || (size < LARGE && size > 1 / LARGE);
  const lost = Math.log10(Math.max(Math.abs(low), Math.abs(high)) / (high - low));
  const digits = 4 + (Number.isFinite(lost) ? Math.min(MOST_LOST, Math.max(0, Math.floor(lost))) : 0);
  const text = isPlain || digits > 4 ? String(Number(value.toPrecision(digits))) : value.toExponential(2);
  return text.toUpperCase();
}

/** A picture, RGB, with a colour bar below it for each range, as the bytes of a PNG. */
function withColourBars(
  sheet: Uint8Array,
  [height, width]: readonly [height: number, width: number],
  ranges: readonly HeatRange[],
): Uint8Array {
  const textHeight = textSize('')[1];
  const rowHeight = barHeight + textHeight + 2 * margin;
  const wide = Math.max(width, leastWidth);
  const canvas = new Canvas(wide, height + ranges.length * rowHeight);
  canvas.drawImage({ pixels: sheet, shape: [height, width, 3] }, [0, 0], 1);
  const barWidth = wide - 2 * margin;
  ranges.forEach(([low, high], index) => {
    const top = height + margin + index * rowHeight;
    const bar = Float64Array.from(
      { length: barHeight * barWidth },
      (_, position) => low + ((position % barWidth) / (barWidth - 1)) * (high - low),
    );
    canvas.drawImage(
      { pixels: heatMap(bar, [low, high]), shape: [barHeight, barWidth, 3] },
      [margin, top],
      1,
    );
    [low, (low + high) / 2, high].forEach((value, position) => {
      const text = numberText(value, [low, high]);
      const x = margin + (position / 2) * (barWidth - textSize(text)[0]);
      canvas.drawText(text, [Math.round(x), top + barHeight + margin / 2]);
    });
  });
  return canvas.encode();
}
