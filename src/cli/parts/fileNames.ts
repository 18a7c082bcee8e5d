// The names of the files that a command writes, one for each image.
import { fileKey } from '../../storage/newFolder.ts';
import { formatCounted } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';

/** Names files one after the other. */
export interface FileNamer {
  /** The name of the file of an image. */
  fileFor(name: string): string;
  /** Notes on stderr which images have another name than expected, if any. */
  report(): void;
}

/**
 * Names with an ending, by default .png. It is added where it is missing, and again, with a note, if another image already
 * has the same file name on some system.
 */
export function fileNamer(ending: '.png' | '.npy' = '.png'): FileNamer {
  const taken = new Set<string>();
  const renamed: string[] = [];
  return {
    fileFor(name) {
      const wanted = name.toLowerCase().endsWith(ending) ? name : `${name}${ending}`;
      let file = wanted;
      while (taken.has(fileKey(file))) {
        file += ending;
      }
      taken.add(fileKey(file));
      if (file !== wanted) {
        renamed.push(`${wanted} as ${file}`);
      }
      return file;
    },
    report() {
      if (renamed.length > 0) {
        noteOnStderr(
          `${formatCounted(renamed.length, 'image')} written under another name, since two files with the same name ` +
            `(apart from case or accents) cannot be kept on every system: ${renamed[0]}${renamed.length > 1 ? ', …' : ''}`,
        );
      }
    },
  };
}

/** The names of all files: see `fileNamer`. */
export function fileNames(names: readonly string[], ending: '.png' | '.npy' = '.png'): string[] {
  const namer = fileNamer(ending);
  const files = names.map((name) => namer.fileFor(name));
  namer.report();
  return files;
}
