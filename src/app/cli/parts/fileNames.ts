// The names of the files that a command writes, one for each image.
import { fileKey } from '../../../data/files/index.node.ts';
import { formatCounted } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';

/** Names files one after the other. */
interface FileNamer {
  /** The name of the file of an image. */
  fileFor(name: string): string;
  /** Notes on stderr which images have unexpected names, if any. */
  report(): void;
}

/** The longest name of a file or folder in bytes: most systems allow 255, and temporary names are longer. */
const LONGEST_NAME = 230;

/** The folders and files in a folder, by the keys of their names. */
type Contents = Map<string, Contents | 'file'>;

/**
 * Names with an ending, by default .png. It is added where it is missing, and again, with a note, if a file or a folder of
 * another image already has the same name on some system. Names that are too long for most systems are shortened, with a
 * note.
 */
export function fileNamer(ending: '.png' | '.npy' = '.png'): FileNamer {
  const root: Contents = new Map();
  const renamed: string[] = [];
  return {
    fileFor(name) {
      const wanted = name.toLowerCase().endsWith(ending) ? name : `${name}${ending}`;
      const folders = wanted.split('/');
      const last = folders.pop()!;
      let contents = root;
      let path = '';
      for (const folderName of folders) {
        let folder = cut(folderName, '');
        while (contents.get(fileKey(folder)) === 'file') {
          folder += ending;
        }
        contents = contentsIn(contents, fileKey(folder));
        path += `${folder}/`;
      }
      const short = cut(last, ending);
      let file = short;
      for (let copy = 2; contents.has(fileKey(file)); copy++) {
        file = short === last ? `${file}${ending}` : cut(last, `-${copy}${ending}`);
      }
      contents.set(fileKey(file), 'file');
      path += file;
      if (path !== wanted) {
        renamed.push(`${wanted} as ${path}`);
      }
      return path;
    },
    report() {
      if (renamed.length > 0) {
        noteOnStderr(
          `${formatCounted(renamed.length, 'image')} written under another name, since on some systems the name is taken or too long: ` +
            `${renamed[0]}${renamed.length > 1 ? ', …' : ''}`,
        );
      }
    },
  };
}

/** The contents of a folder, which is added if it is missing. */
function contentsIn(parent: Contents, key: string): Contents {
  const contents = parent.get(key);
  if (contents instanceof Map) {
    return contents;
  }
  const added: Contents = new Map();
  parent.set(key, added);
  return added;
}

/** A name, cut if it is too long; it ends in `ending` then. */
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
