// Numbers as colours: dark for low, bright for high, with the same lightness steps all along the scale.
import { median, type NdArray, valueRange } from '../../core/numeric/index.ts';

/** The lowest and the highest number that have a colour of their own; numbers beyond have the same as these. */
export type HeatRange = readonly [low: number, high: number];

/** The colours at equal distances along the scale: inferno, by Stéfan van der Walt and Nathaniel Smith (CC0). */
const colours: readonly (readonly [red: number, green: number, blue: number])[] = [
  [0, 0, 4],
  [22, 11, 57],
  [66, 10, 104],
  [106, 23, 110],
  [147, 38, 103],
  [188, 55, 84],
  [221, 81, 58],
  [243, 120, 25],
  [252, 165, 10],
  [246, 215, 70],
  [252, 255, 164],
];
const grey = 128;

/**
 * One range for several maps, `[N, …]`: from the lowest to the highest number of a typical map, the medians over
 * the maps of each. So one odd map does not hide the differences in all others. Maps with numbers that are not
 * finite do not count.
 */
export function heatRange({ shape: [count], data }: NdArray): HeatRange {
  const size = data.length / count!;
  const ranges = Array.from({ length: count! }, (_, index) =>
    valueRange(data.subarray(index * size, (index + 1) * size)),
  ).filter((range) => range.every(Number.isFinite));
  return ranges.length === 0
    ? [0, 1]
    : [median(ranges.map(([low]) => low)), median(ranges.map(([, high]) => high))];
}

/** One colour for every number, `[red, green, blue]` of 8 bits; NaN is grey. */
export function heatMap(values: ArrayLike<number>, [low, high]: HeatRange): Uint8Array {
  const pixels = new Uint8Array(3 * values.length);
  for (let index = 0; index < values.length; index++) {
    const share = high > low ? (values[index]! - low) / (high - low) : 0.5;
    pixels.set(colourAt(share), 3 * index);
  }
  return pixels;
}

function colourAt(share: number): readonly number[] {
  if (Number.isNaN(share)) {
    return [grey, grey, grey];
  }
  const position = Math.min(1, Math.max(0, share)) * (colours.length - 1);
  const below = Math.floor(position);
  const [start, end] = [colours[below]!, colours[Math.min(below + 1, colours.length - 1)]!];
  return start.map((value, channel) => Math.round(value + (position - below) * (end[channel]! - value)));
}
