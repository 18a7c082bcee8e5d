// The pictures of the user, for all rooms: a folder that is chosen, or dropped.
import { signal } from '@preact/signals';
import type { GivenFolder } from 'emerging-flows/data';
import { FileDrop } from './FileDrop.tsx';

/** The pictures that were chosen in this page; a page that is loaded again must be given them again. */
export const chosenFolder = signal<GivenFolder | undefined>(undefined);

/** The way to choose them, and how many there are. */
export function PictureFiles() {
  const folder = chosenFolder.value;
  return (
    <FileDrop
      choose={['folder']}
      {...(folder && { chosen: wordsFor(folder) })}
      onFiles={(given) => {
        chosenFolder.value = given;
      }}
    />
  );
}

function wordsFor({ files, name }: GivenFolder): string {
  return `${files.length.toLocaleString('en')} files${name === undefined ? '' : ` in ${name}`}`;
}
