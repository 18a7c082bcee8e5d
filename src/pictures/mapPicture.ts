// An image beside the map of its bits, with the scale of the colours, as one PNG.
import type { ImageShape } from '../numeric/imageShape.ts';
import { mean, rangeOf } from '../numeric/statistics.ts';
import { Canvas, textSize } from './canvas.ts';
import { requireDrawable } from './contactSheet.ts';
import { type HeatRange, heatMap } from './heatMap.ts';

/** How an image and its map are drawn. */
export interface MapPictureOptions {
  /** Height, width and channels of the image: grey (1) or colour (3). */
  readonly imageShape: ImageShape;
  /** The bits per pixel with the darkest and with the brightest colour, such as `heatRange` of all maps. */
  readonly range: HeatRange;
  /** How much each place differs from the same place in other images, drawn as a second map. */
  readonly deviations?: {
    /** Standard deviations, `[H, W]`; their size is shown, whatever their sign. */
    readonly map: ArrayLike<number>;
    /** The places to frame, in the image too. */
    readonly frames: readonly PlaceFrame[];
  };
}

/** A square of an image, in pixels. */
export interface PlaceFrame {
  /** The first row inside it. */
  readonly row: number;
  /** The first column inside it. */
  readonly column: number;
  /** Its side, in pixels of the image. */
  readonly side: number;
}

/** The longer side, in pixels, up to which images are enlarged. */
const comfortableSide = 224;
const margin = 8;
const barWidth = 14;
/** The bar has room for three labels, and the caption for its text. */
/** The standard deviations with the brightest colour. */
const mostDeviations = 8;
const smallest = { barHeight: 48, panelWidth: textSize('-00.00 BITS/DIM')[0] };

/**
 * An image beside the map of its bits (`FlowModel.bitsMap`) as the bytes of a PNG. The labels are bits per value,
 * so that the mean over the map, written below it, is the image's bits/dim.
 *
 * @param image 8 bits per value, `[H, W, C]`
 * @param map bits per pixel, `[H, W]`
 * @throws UserError if the image has other than 1 or 3 channels, or is too large for a picture
 */
export function mapPicture(
  image: Uint8Array,
  map: ArrayLike<number>,
  { imageShape, range, deviations }: MapPictureOptions,
): Uint8Array {
  const [height, width, channels] = imageShape;
  const side = Math.max(1, Math.floor(comfortableSide / Math.max(height, width)));
  requireDrawable(1, { imageShape });
  const [low, high] = range;
  const labels = [high, (low + high) / 2, low].map((bits) => numberText(bits / channels));
  const labelWidth = Math.max(...labels.map((label) => textSize(label)[0]));
  const textHeight = textSize('')[1];
  const [panelWidth, panelHeight] = [
    Math.max(width * side, smallest.panelWidth),
    Math.max(height * side, smallest.barHeight),
  ];
  const mapLeft = 2 * margin + panelWidth;
  const barLeft = mapLeft + panelWidth + margin;
  const labelLeft = barLeft + barWidth + margin / 2;
  const secondLeft = labelLeft + labelWidth + margin;
  const pictureWidth = secondLeft + (deviations ? panelWidth + margin : 0);
  const canvas = new Canvas(pictureWidth, panelHeight + textHeight + 3 * margin);
  canvas.drawImage({ pixels: image, shape: imageShape }, [margin, margin], side);
  canvas.drawImage({ pixels: heatMap(map, range), shape: [height, width, 3] }, [mapLeft, margin], side);
  canvas.drawText(`${numberText(mean(map) / channels)} BITS/DIM`, [mapLeft, panelHeight + 2 * margin]);
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
    const [, most] = rangeOf(sizes);
    canvas.drawText(`${numberText(most)} SD`, [secondLeft, panelHeight + 2 * margin]);
    for (const { row, column, side: of } of deviations.frames) {
      for (const left of [margin, secondLeft]) {
        canvas.drawFrame([left + column * side, margin + row * side], [of * side, of * side]);
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
