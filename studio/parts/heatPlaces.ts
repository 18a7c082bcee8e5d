// The layout of heat maps: one tile per channel, with a gap of one cell between tiles.
import type { ImageShape } from 'emerging-flows';

/** The size of a heat map in cells, and its tiles. */
interface Tiling {
  readonly columns: number;
  readonly rows: number;
  readonly width: number;
  readonly height: number;
}

/** A cell of a heat map, from its upper left corner. */
export interface Cell {
  readonly row: number;
  readonly column: number;
}

/** Maximum tiles per row, where possible: large tiles are easier to point at. */
const MOST_COLUMNS = 4;

/** The tiles of an array `[H, W, C]`: a square, if the channels fill one. */
export function tileLayout([height, width, channels]: ImageShape): Tiling {
  const side = Math.sqrt(channels);
  const columns = Number.isInteger(side)
    ? side
    : Math.min(channels, Math.max(MOST_COLUMNS, Math.ceil(Math.sqrt((channels * height) / width))));
  const rows = Math.ceil(channels / columns);
  return { columns, rows, width: columns * (width + 1) - 1, height: rows * (height + 1) - 1 };
}

/** The cell of a value by its index in `[H, W, C]`. */
export function locateCell(index: number, shape: ImageShape): Cell {
  const [height, width, channels] = shape;
  const { columns } = tileLayout(shape);
  const channel = index % channels;
  const pixel = Math.floor(index / channels);
  return {
    row: Math.floor(channel / columns) * (height + 1) + Math.floor(pixel / width),
    column: (channel % columns) * (width + 1) + (pixel % width),
  };
}

/** The index of the value at a cell; undefined in a gap or outside. */
export function valueAt({ row, column }: Cell, shape: ImageShape): number | undefined {
  const [height, width, channels] = shape;
  const { columns, width: totalWidth } = tileLayout(shape);
  const [rowInTile, columnInTile] = [row % (height + 1), column % (width + 1)];
  const channel = Math.floor(row / (height + 1)) * columns + Math.floor(column / (width + 1));
  const isInside =
    row >= 0 && column >= 0 && column < totalWidth && rowInTile < height && columnInTile < width;
  return isInside && channel < channels ? (rowInTile * width + columnInTile) * channels + channel : undefined;
}

const directions: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

/** The value next to another in an arrow key's direction; undefined for other keys, and at the edge. */
export function valueBeside(index: number, key: string, shape: ImageShape): number | undefined {
  const [rows, columns] = directions[key] ?? [0, 0];
  const { row, column } = locateCell(index, shape);
  // Two steps cross a gap.
  const neighbours = [1, 2].map((steps) =>
    valueAt({ row: row + steps * rows, column: column + steps * columns }, shape),
  );
  return directions[key] && (neighbours[0] ?? neighbours[1]);
}

/** The name of a value's place. */
export function placeName(index: number, [, width, channels]: ImageShape): string {
  const pixel = Math.floor(index / channels);
  const position = `row ${Math.floor(pixel / width) + 1}, column ${(pixel % width) + 1}`;
  return channels === 1 ? position : `${position}, channel ${(index % channels) + 1}`;
}
