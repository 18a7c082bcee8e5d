// An image next to the map of its bits, with the scale of the colours, as one PNG.
import { type ImageShape, mean, type Values, valueKind, valueRange } from '../../core/numeric/index.ts';
import { Canvas, textSize, viewable, viewedShape } from './canvas.ts';
import { requireDrawable } from './contactSheet.ts';
import { type HeatRange, heatMap } from './heatMap.ts';

/** How an image and its map are drawn. */
export interface MapPictureOptions {
  /** Height, width and channels of the image. */
  readonly imageShape: ImageShape;
  /** The bits per pixel with the darkest and with the brightest colour, such as `heatRange` of all maps. */
  readonly range: HeatRange;
  /** The unit of the labels, and a number of bits per value in it; by default bits/dim. */
  readonly unit?: {
    /** After the mean. */
    readonly name: string;
    /** Converts bits per value. */
    of(bits: number): number;
  };
  /** How much each place differs from the same place in other images, drawn as a second map. */
  readonly deviations?: {
    /** Standard deviations, `[H, W]`; their size is shown, whatever their sign. */
    readonly map: ArrayLike<number>;
    /** The places to frame, in the image too. */
    readonly frames: readonly PlaceFrame[];
  };
}

/** A square of an image, in pixels. */
interface PlaceFrame {
  /** The first row inside it. */
  readonly row: number;
  /** The first column inside it. */
  readonly column: number;
  /** Its side, in pixels of the image. */
  readonly side: number;
}

/** The longer side, in pixels, that images are enlarged to. */
const comfortableSide = 224;
const margin = 8;
const barWidth = 14;
/** The bar has room for three labels. */
const leastBarHeight = 48;
/** The standard deviations with the brightest colour. */
const mostDeviations = 8;

/**
 * An image next to the map of its bits (`FlowModel.bitsMap`) as the bytes of a PNG. The labels are bits per value,
 * so that the mean over the map, written below it, is the image's bits/dim.
 *
 * @param image `[H, W, C]`
 * @param map bits per pixel, `[H, W]`
 * @throws UserError if an image of 8 bits has other than 1 or 3 channels, or is too large for a picture
 */
export function mapPicture(
  image: Values,
  map: ArrayLike<number>,
  { imageShape, range, deviations, unit = { name: 'bits/dim', of: (bits) => bits } }: MapPictureOptions,
): Uint8Array {
  const [height, width, channels] = imageShape;
  const [, shownWidth] = viewedShape(valueKind(image)!, imageShape);
  const side = Math.max(1, Math.floor(comfortableSide / Math.max(height, shownWidth)));
  requireDrawable(1, { imageShape, kind: valueKind(image)! });
  const shown = viewable(image, imageShape);
  const [low, high] = range;
  const labels = [high, (low + high) / 2, low].map((bits) => numberText(unit.of(bits / channels)));
  const labelWidth = Math.max(...labels.map((label) => textSize(label)[0]));
  const textHeight = textSize('')[1];
  const [panelWidth, panelHeight] = [
    // The caption has room for its text.
    Math.max(shownWidth * side, textSize(`-00.00 ${unit.name.toUpperCase()}`)[0]),
    Math.max(height * side, leastBarHeight),
  ];
  const mapLeft = 2 * margin + panelWidth;
  const barLeft = mapLeft + panelWidth + margin;
  const labelLeft = barLeft + barWidth + margin / 2;
  const secondLeft = labelLeft + labelWidth + margin;
  const pictureWidth = secondLeft + (deviations ? panelWidth + margin : 0);
  const canvas = new Canvas(pictureWidth, panelHeight + textHeight + 3 * margin);
  canvas.drawImage(shown, [margin, margin], side);
  canvas.drawImage({ pixels: heatMap(map, range), shape: [height, width, 3] }, [mapLeft, margin], side);
  canvas.drawText(`${numberText(unit.of(mean(map) / channels))} ${unit.name.toUpperCase()}`, [
    mapLeft,
    panelHeight + 2 * margin,
  ]);
  const bar = Float64Array.from({ length: panelHeight * barWidth }, (_, index) => {
    const share = Math.floor(index / barWidth) / (panelHeight - 1);
    return high - share * (high - low);
  });
  canvas.drawImage({ pixels: heatMap(bar, range), shape: [panelHeight, barWidth, 3] }, [barLeft, margin], 1);
  labels.forEach((label, index) => {
    const top = margin + (index * (panelHeight - textHeight)) / 2;
    canvas.drawText(label, [labelLeft, Math.round(top)]);
  });
  if (deviations) {
    const sizes = Float64Array.from(deviations.map, Math.abs);
    const pixels = heatMap(sizes, [0, mostDeviations]);
    canvas.drawImage({ pixels, shape: [height, width, 3] }, [secondLeft, margin], side);
    const [, greatest] = valueRange(sizes);
    canvas.drawText(`${numberText(greatest)} SD`, [secondLeft, panelHeight + 2 * margin]);
    for (const { row, column, side: frameSide } of deviations.frames) {
      for (const x of [margin, secondLeft]) {
        canvas.drawFrame([x + column * side, margin + row * side], [frameSide * side, frameSide * side]);
      }
    }
  }
  return canvas.encode();
}

/** From this number on, only the order of magnitude has room. */
const LARGE = 1e5;

/** A number with two digits after the point, in the letters of the font. */
function numberText(value: number): string {
  if (Number.isFinite(value)) {
    return Math.abs(value) < LARGE ? value.toFixed(2) : value.toExponential(0).toUpperCase();
  }
  return Number.isNaN(value) ? 'NAN' : value > 0 ? 'INF' : '-INF';
}
