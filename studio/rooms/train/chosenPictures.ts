// The chosen training images: the included digits, or the user's pictures.
import { chosenFolder } from '../../parts/PictureFiles.tsx';
import { digitsUrl } from '../../work/digits.ts';
import type { Pictures } from '../../work/pictures.ts';
import type { TrainSettings } from './trainSettings.ts';

/** The included digits. */
export function digits(): Pictures {
  return { kind: 'digits', url: digitsUrl() };
}

/** The images that the settings name; undefined if pictures haven't been chosen yet. */
export function picturesFor(
  { data, size, channels }: Pick<TrainSettings, 'data' | 'size' | 'channels'>,
  folder = chosenFolder.value,
): Pictures | undefined {
  return data === 'digits' ? digits() : folder && { kind: 'files', folder, size, channels };
}
