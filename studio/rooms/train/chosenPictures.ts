// The pictures of the user that were chosen in this page; a page that is loaded again must be given them again.
import { signal } from '@preact/signals';
import type { GivenFolder } from 'emerging-flows/data';
import { DIGITS_FILE } from '../../work/digits.ts';
import type { Pictures } from '../../work/pictures.ts';
import type { TrainSettings } from './trainSettings.ts';

/** The pictures; undefined if none were chosen. */
export const chosenFolder = signal<GivenFolder | undefined>(undefined);

/** The digits that come with the page. */
export function digits(): Pictures {
  return { kind: 'digits', url: new URL(DIGITS_FILE, document.baseURI).href };
}

/** What the settings name; undefined if it is pictures that were not chosen yet. */
export function picturesFor(
  { data, size, channels }: Pick<TrainSettings, 'data' | 'size' | 'channels'>,
  folder = chosenFolder.value,
): Pictures | undefined {
  return data === 'digits' ? digits() : folder && { kind: 'files', folder, size, channels };
}
