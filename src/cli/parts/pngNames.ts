// The names of the PNG files that a command writes, one for each image.
import { fileKey } from '../../storage/newFolder.ts';
import { formatCounted } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';

/**
 * Names that end in .png. The ending is added where it is missing, and again, with a note, if another image already has
 * the same file name on some system.
 */
export function pngNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  const renamed: string[] = [];
  const files = names.map((name) => {
    const wanted = /\.png$/i.test(name) ? name : `${name}.png`;
    let file = wanted;
    while (taken.has(fileKey(file))) {
      file += '.png';
    }
    taken.add(fileKey(file));
    if (file !== wanted) {
      renamed.push(`${wanted} as ${file}`);
    }
    return file;
  });
  if (renamed.length > 0) {
    noteOnStderr(
      `${formatCounted(renamed.length, 'image')} written under another name, since two files with the same name ` +
        `(apart from case or accents) cannot be kept on every system: ${renamed[0]}${renamed.length > 1 ? ', …' : ''}`,
    );
  }
  return files;
}
