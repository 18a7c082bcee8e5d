// Colour bars below a sheet: one for each channel, with the numbers at its ends and in its middle.
import { Canvas, textSize } from './canvas.ts';
import { type HeatRange, heatMap } from './heatMap.ts';

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

/**
 * A picture with colour bars below it, as the bytes of a PNG.
 *
 * @param sheet RGB, `[height, width, 3]`
 * @param ranges the numbers with the first and the last colour of each bar
 */
export function withColourBars(
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
      (_, at) => low + ((at % barWidth) / (barWidth - 1)) * (high - low),
    );
    canvas.drawImage(
      { pixels: heatMap(bar, [low, high]), shape: [barHeight, barWidth, 3] },
      [margin, top],
      1,
    );
    [low, (low + high) / 2, high].forEach((value, place) => {
      const text = numberText(value, [low, high]);
      const left = margin + (place / 2) * (barWidth - textSize(text)[0]);
      canvas.drawText(text, [Math.round(left), top + barHeight + margin / 2]);
    });
  });
  return canvas.encode();
}
