// What is trained on: the digits that come with the page, or the pictures that were chosen.
import { chosenFolder } from '../../parts/PictureFiles.tsx';
import { digitsUrl } from '../../work/digits.ts';
import type { Pictures } from '../../work/pictures.ts';
import type { TrainSettings } from './trainSettings.ts';

/** The digits that come with the page. */
export function digits(): Pictures {
  return { kind: 'digits', url: digitsUrl() };
}

/** What the settings name; undefined if it is pictures that were not chosen yet. */
export function picturesFor(
  { data, size, channels }: Pick<TrainSettings, 'data' | 'size' | 'channels'>,
  folder = chosenFolder.value,
): Pictures | undefined {
  return data === 'digits' ? digits() : folder && { kind: 'files', folder, size, channels };
}
