// A folder that no command may change: what hostile links point to.
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const CONTENT = 'not yours\n';

/** Creates the folder, with a file, and a folder with a file. */
export function makeOutside(path: string): void {
  mkdirSync(join(path, 'folder'), { recursive: true });
  for (const name of ['file', 'folder/file']) {
    writeFileSync(join(path, name), CONTENT);
  }
}

/** How a command has changed the folder; undefined if it hasn't. */
export function changeOutside(path: string): string | undefined {
  const entries = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
  const isSame =
    entries.join() === 'file,folder,folder/file' &&
    [join(path, 'file'), join(path, 'folder/file')].every(
      (file) => lstatSync(file).isFile() && readFileSync(file, 'utf8') === CONTENT,
    );
  return isSame ? undefined : `files outside were changed; they are now ${entries.join(', ')}`;
}

/** The links, by name: each leads to something in the folder `outside`. */
export const plantedLinks: Readonly<Record<string, (path: string, outside: string) => void>> = {
  link: (path, outside) => symlinkSync(join(outside, 'file'), path),
  'hard link': (path, outside) => linkSync(join(outside, 'file'), path),
  'link to a folder': (path, outside) => symlinkSync(join(outside, 'folder'), path),
  'link to a new file': (path, outside) => symlinkSync(join(outside, 'new'), path),
};
