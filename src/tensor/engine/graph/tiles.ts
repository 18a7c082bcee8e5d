// A corner convolution whose pixels are tiles of several pixels of a row.
import type { TileLayout, TileNeighbour } from '../../../core/numeric/index.ts';
import { cornerTiles } from '../../operations/cornerTiles.ts';
import { reshape, split } from '../../operations/layout.ts';
import type { Tensor } from '../../tensor.ts';

/** A corner convolution between tiles, solved for the one at its corner. */
export interface Tiles {
  /** The inverse of the centre tap T₀. */
  readonly centreInverse: Tensor;
  /** The other taps that reach any tile of the image. */
  readonly neighbours: readonly Neighbour[];
}

/** A tap other than the centre. */
interface Neighbour extends TileNeighbour {
  /** −Tₙ·T₀⁻¹. */
  readonly weight: Tensor;
}

/** A row of up to this many values is one tile: it waits for no neighbour. */
const MOST_OF_A_ROW = 256;

/** Above it, the products of a tile with its neighbours take longer than the steps that it saves. */
const MOST_VALUES = 64;

/** Above it, the matrices of tiles with few channels take longer to make than they save. */
const MOST_PIXELS = 32;

/** The number of pixels in a tile: the whole row if it is small, else the largest divisor of it within the limits. */
export function tileLength(width: number, channels: number): number {
  const values = width * channels <= MOST_OF_A_ROW ? MOST_OF_A_ROW : MOST_VALUES;
  const maxLength = Math.max(1, Math.min(width, MOST_PIXELS, Math.floor(values / channels)));
  return Array.from({ length: maxLength }, (_, index) => maxLength - index).find(
    (length) => width % length === 0,
  )!;
}

/** The image that is tiled. */
interface TiledImage {
  /** In pixels. */
  readonly height: number;
  readonly width: number;
  /** The pixels of a tile. */
  readonly length: number;
  readonly layout: TileLayout;
}

/**
 * The corner convolution y[h, w] = Σᵢⱼ x[h − i·dilation, w − j·dilation]·kernel[i, j] between tiles of an image.
 *
 * @param kernel `[side, side, C, C]`, its centre tap (0, 0) invertible
 */
export function convolveTiles(
  kernel: Tensor,
  dilation: number,
  { height, width, length, layout }: TiledImage,
): Tiles {
  const side = kernel.shape[0]!;
  const distances = Array.from({ length: side }, (_, tap) => tap * dilation);
  const tilesLeft = Array.from({ length: width / length }, (_, index) => index).filter((tilesAway) =>
    distances.some((distance) => Math.abs(distance - tilesAway * length) < length),
  );
  const places = distances
    .filter((up) => up < height)
    .flatMap((up) => tilesLeft.map((tilesAway) => ({ up, left: tilesAway })))
    .filter(({ up, left: tilesAway }) => up > 0 || tilesAway > 0);
  const matrices = cornerTiles(kernel, { dilation, length, neighbours: places, layout });
  const [centreInverse, ...weights] = split(matrices, 0, Array(matrices.shape[0]).fill(1)).map((matrix) =>
    reshape(matrix, matrices.shape.slice(1)),
  );
  return {
    centreInverse: centreInverse!,
    neighbours: places.map((neighbour, index) => ({ ...neighbour, weight: weights[index]! })),
  };
}
