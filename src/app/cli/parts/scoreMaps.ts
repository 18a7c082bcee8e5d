// The pictures that `emerging score --map` writes: each image next to the map of its bits, with its oddest places framed.

import { visibleText } from '../../../core/errors.ts';
import { countDimensions, type Values } from '../../../core/numeric/index.ts';
import { writeNewFolder } from '../../../data/files/index.node.ts';
import { heatRange, mapPicture } from '../../../data/pictures/index.ts';
import { type ResultUnit, resultUnit } from '../../../flows/models/index.ts';
import type { ConditionChoice, FlowModel } from '../../../model/index.ts';
import type { ReferencePlaces } from '../../../model/referenceScores.ts';
import { type OddPlace, oddPlaces } from '../../../uses/odd/index.ts';
import { formatCounted } from '../terminal/format.ts';
import { withImageProgress } from '../terminal/progress.ts';
import { fileNames } from './fileNames.ts';

/** The maps that were written. */
export interface Maps {
  /** The folder of the pictures. */
  readonly folder: string;
  /** One for each image, in reading order. */
  readonly files: readonly string[];
  /** The results with the darkest and with the brightest colour, in bits per value. */
  readonly range: readonly [low: number, high: number];
  /** The oddest places of each image; undefined if the reference has none. */
  readonly oddest?: readonly (readonly OddPlace[])[];
}

/** The images to map, and how. */
interface MapRequest {
  readonly names: readonly string[];
  readonly pixels: Values;
  readonly condition: ConditionChoice;
  readonly folder: string;
  readonly draws: number;
  readonly seed: number;
  readonly places: ReferencePlaces | undefined;
}

/** Writes a picture of each image and the map of its bits, with the draws and the seed of its score. */
export async function writeMaps(
  model: FlowModel,
  { names, pixels, condition, folder, draws, seed, places }: MapRequest,
): Promise<Maps> {
  const map = await withImageProgress('mapping', names.length, (onProgress) =>
    model.bitsMap(pixels, { condition, draws, seed, noiseByContent: true, onProgress }),
  );
  const { imageShape } = model;
  const [height, width, channels] = imageShape;
  const range = heatRange(map);
  const unit = resultUnit(model.model.options);
  const odd = places && oddPlaces(map, places);
  const [size, area] = [countDimensions(imageShape), height * width];
  const files = Object.fromEntries(
    fileNames(names).map((name, index) => {
      const image = pixels.subarray(index * size, (index + 1) * size);
      const shares = map.data.subarray(index * area, (index + 1) * area);
      const deviations = odd && {
        map: odd.map.data.subarray(index * area, (index + 1) * area),
        frames: odd.oddest[index]!,
      };
      return [
        name,
        mapPicture(image, shares, { imageShape, range, unit, ...(deviations && { deviations }) }),
      ];
    }),
  );
  const [low, high] = range;
  return {
    folder,
    files: writeNewFolder(folder, files),
    range: [low / channels, high / channels],
    ...(odd && { oddest: odd.oddest }),
  };
}

/** Where the maps are, and what their colours mean. */
export function mapsText({ folder, files, range, oddest }: Maps, unit: ResultUnit): string {
  const [low, high] = range.map((bits) => unit.of(bits).toFixed(2));
  const framed = oddest
    ? 'beside it how much each place differs from the same place in validation images, the three oddest framed\n'
    : '';
  return (
    `${formatCounted(files.length, 'map')}, dark ${low} to bright ${high} ${unit.name}; ` +
    `values beyond an end get the colour of that end: ${visibleText(folder)}\n${framed}`
  );
}
