// Images as tiles of the shape that a model takes.
import { countDimensions, type ImageShape } from '../../../core/numeric/index.ts';

/** How many rows and columns of tiles cover an image. */
function tileGrid([height, width]: ImageShape, [tileHeight, tileWidth]: ImageShape): [number, number] {
  return [Math.ceil(height / tileHeight), Math.ceil(width / tileWidth)];
}

/** How many tiles cover an image. */
export function tilesIn(image: ImageShape, tile: ImageShape): number {
  const [rows, columns] = tileGrid(image, tile);
  return rows * columns;
}

/** The tiles of an image, row by row; beyond its edges, the last row and column are repeated. */
export function cutTiles(pixels: Uint8Array, image: ImageShape, tile: ImageShape): Uint8Array {
  const tiles = new Uint8Array(tilesIn(image, tile) * countDimensions(tile));
  forEachPixel(image, tile, (inImage, inTiles, channels) => {
    tiles.set(pixels.subarray(inImage, inImage + channels), inTiles);
  });
  return tiles;
}

/** The image that tiles cover: the inverse of `cutTiles`. */
export function joinTiles(tiles: Uint8Array, image: ImageShape, tile: ImageShape): Uint8Array {
  const pixels = new Uint8Array(countDimensions(image));
  // Beyond the edges, tiles repeat pixels that another tile holds.
  forEachPixel(image, tile, (inImage, inTiles, channels) => {
    pixels.set(tiles.subarray(inTiles, inTiles + channels), inImage);
  });
  return pixels;
}

/**
 * Turns progress in tiles into progress in images, whose tiles are done one after the other: an image of several tiles counts
 * in fractions.
 *
 * @param tiles how many tiles each image has
 */
export function countingImages(
  onImages: (images: number, bits?: number) => void,
  tiles: readonly number[],
): (tiles: number, bits?: number) => void {
  let [done, completeImages, before, reported] = [0, 0, 0, 0];
  return (more, bits) => {
    done += more;
    for (; completeImages < tiles.length && before + tiles[completeImages]! <= done; completeImages++) {
      before += tiles[completeImages]!;
    }
    const images =
      completeImages + (completeImages < tiles.length ? (done - before) / tiles[completeImages]! : 0);
    onImages(images - reported, bits);
    reported = images;
  };
}

/** Visits the pixels of all tiles: where each comes from in the image, and where it is in the tiles. */
function forEachPixel(
  image: ImageShape,
  tile: ImageShape,
  visit: (inImage: number, inTiles: number, channels: number) => void,
): void {
  const [height, width, channels] = image;
  const [tileHeight, tileWidth] = tile;
  const [rows, columns] = tileGrid(image, tile);
  let inTiles = 0;
  for (let index = 0; index < rows * columns; index++) {
    const [top, left] = [Math.floor(index / columns) * tileHeight, (index % columns) * tileWidth];
    for (let row = top; row < top + tileHeight; row++) {
      for (let column = left; column < left + tileWidth; column++) {
        const pixel = Math.min(row, height - 1) * width + Math.min(column, width - 1);
        visit(pixel * channels, inTiles, channels);
        inTiles += channels;
      }
    }
  }
}
