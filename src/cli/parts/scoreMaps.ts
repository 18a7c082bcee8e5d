// The pictures that `emerging score --map` writes: each image beside the map of its bits.

import { dimensionsOf } from '../../numeric/imageShape.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import { heatRange } from '../../pictures/heatMap.ts';
import { mapPicture } from '../../pictures/mapPicture.ts';
import { writeNewFolder } from '../../storage/newFolder.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import { visibleText } from '../../visibleText.ts';
import { formatCounted } from '../terminal/format.ts';
import { createImageProgress } from '../terminal/imageProgress.ts';
import { pngNames } from './pngNames.ts';

/** The maps that were written. */
export interface Maps {
  /** The folder of the pictures. */
  readonly folder: string;
  /** One for each image, in the order in which they were read. */
  readonly files: readonly string[];
  /** The bits/dim with the darkest and with the brightest colour. */
  readonly range: readonly [low: number, high: number];
}

/** The images to map, and how. */
interface MapRequest {
  readonly names: readonly string[];
  readonly pixels: Uint8Array;
  readonly folder: string;
  readonly draws: number;
  readonly seed: number;
}

/** Writes a picture of each image and the map of its bits, with the draws and the seed of its score. */
export async function writeMaps(
  model: FlowModel,
  { names, pixels, folder, draws, seed }: MapRequest,
): Promise<Maps> {
  const bar = createImageProgress({ label: 'mapping', images: names.length, passes: draws });
  let map: NdArray;
  try {
    const onProgress = (done: number): void => bar.update(done);
    map = await model.bitsMap(pixels, { draws, seed, noiseByContent: true, onProgress });
  } finally {
    bar.finish();
  }
  const { imageShape } = model;
  const [height, width, channels] = imageShape;
  const range = heatRange(map);
  const [size, area] = [dimensionsOf(imageShape), height * width];
  const files = Object.fromEntries(
    pngNames(names).map((name, index) => {
      const image = pixels.subarray(index * size, (index + 1) * size);
      const shares = map.data.subarray(index * area, (index + 1) * area);
      return [name, mapPicture(image, shares, { imageShape, range })];
    }),
  );
  const [low, high] = range;
  return { folder, files: writeNewFolder(folder, files), range: [low / channels, high / channels] };
}

/** Where the maps are, and what their colours mean. */
export function mapsText({ folder, files, range: [low, high] }: Maps): string {
  return (
    `${formatCounted(files.length, 'map')}, dark ${low.toFixed(2)} to bright ${high.toFixed(2)} bits/dim; ` +
    `values beyond an end get the colour of that end: ${visibleText(folder)}\n`
  );
}
