// A folder that no command may change: what hostile links point to.
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
