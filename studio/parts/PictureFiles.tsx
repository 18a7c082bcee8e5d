// The user's pictures, shared by all rooms: a chosen or dropped folder.
import { signal } from '@preact/signals';
import type { GivenFolder } from 'emerging-flows/data';
import { plural } from '../numbers.ts';
import { FileDrop } from './FileDrop.tsx';

/** The chosen pictures; lost on reload. */
export const chosenFolder = signal<GivenFolder | undefined>(undefined);

/** Chooses pictures, and shows their number. */
export function PictureFiles() {
  const folder = chosenFolder.value;
  return (
    <FileDrop
      choose={['folder']}
      {...(folder && { chosen: wordsFor(folder) })}
      onFiles={(dropped) => {
        chosenFolder.value = dropped;
      }}
    />
  );
}

function wordsFor({ files, name }: GivenFolder): string {
  return `${plural(files.length, 'file')}${name === undefined ? '' : ` in ${name}`}`;
}
