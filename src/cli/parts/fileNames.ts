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

/** The longest name of a file or folder in bytes: most systems allow 255, and temporary names are longer. */
const LONGEST_NAME = 230;

/**
 * Names with an ending, by default .png. It is added where it is missing, and again, with a note, if another image already
 * has the same file name on some system. Names that are too long for most systems are shortened, with a note.
 */
export function fileNamer(ending: '.png' | '.npy' = '.png'): FileNamer {
  const taken = new Set<string>();
  const [doubled, long]: [string[], string[]] = [[], []];
  return {
    fileFor(name) {
      const wanted = name.toLowerCase().endsWith(ending) ? name : `${name}${ending}`;
      const short = shortened(wanted, ending);
      let file = short;
      for (let copy = 2; taken.has(fileKey(file)); copy++) {
        file = short === wanted ? `${file}${ending}` : shortened(wanted, `-${copy}${ending}`);
      }
      taken.add(fileKey(file));
      if (file !== wanted) {
        (short === wanted ? doubled : long).push(`${wanted} as ${file}`);
      }
      return file;
    },
    report() {
      noteRenamed(
        doubled,
        'two files with the same name (apart from case or accents) cannot be kept on every system',
      );
      noteRenamed(long, 'most systems allow no name of more than 255 bytes');
    },
  };
}

function noteRenamed(renamed: readonly string[], reason: string): void {
  if (renamed.length > 0) {
    noteOnStderr(
      `${formatCounted(renamed.length, 'image')} written under another name, since ${reason}: ` +
        `${renamed[0]}${renamed.length > 1 ? ', …' : ''}`,
    );
  }
}

/** A path with its long names cut; if the last one is cut, the path ends in `ending`. */
function shortened(path: string, ending: string): string {
  const parts = path.split('/');
  return parts.map((part, index) => cut(part, index === parts.length - 1 ? ending : '')).join('/');
}

function cut(name: string, ending: string): string {
  if (Buffer.byteLength(name) <= LONGEST_NAME) {
    return name;
  }
  let start = '';
  for (const character of name) {
    if (Buffer.byteLength(start + character + ending) > LONGEST_NAME) {
      break;
    }
    start += character;
  }
  return `${start}${ending}`;
}

/** The names of all files: see `fileNamer`. */
export function fileNames(names: readonly string[], ending: '.png' | '.npy' = '.png'): string[] {
  const namer = fileNamer(ending);
  const files = names.map((name) => namer.fileFor(name));
  namer.report();
  return files;
}
