// Changes of single files in the folder of a run or an export.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { changeHeader } from '../safetensorsFiles.ts';

/** Changes the folder of a sound run or export. */
export type Change = (folder: string) => void;

/** What a command may do with the folder: it must refuse it, or may also cope with it. */
export type Verdict = 'refuse' | 'cope';

/** Changes by name, each with its verdict. */
export type Changes = Readonly<Record<string, readonly [Verdict, Change]>>;

/** A number of mebibytes, in bytes. */
export const megabytes = (count: number): number => count * 2 ** 20;

/** Replaces the value of a key in `config.yaml`. */
export function set(key: string, value: string): Change {
  return edit('config.yaml', (text) => {
    const changed = text.replace(new RegExp(`^( *${key}:).*$`, 'm'), `$1 ${value}`);
    if (changed === text) {
      throw new Error(`config.yaml has no ${key}`);
    }
    return changed;
  });
}

/** Replaces a text. */
export function edit(name: string, change: (text: string) => string): Change {
  return (folder) => {
    const path = join(folder, name);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  };
}

/** Writes a file in place of whatever is there. */
export function write(name: string, content: string | Uint8Array): Change {
  return (folder) => {
    rmSync(join(folder, name), { recursive: true, force: true });
    writeFileSync(join(folder, name), content);
  };
}

/** Puts a link in place of a file. */
export function link(name: string, target: string): Change {
  return (folder) => {
    rmSync(join(folder, name), { recursive: true, force: true });
    symlinkSync(target, join(folder, name));
  };
}

/** Puts a FIFO in place of a file. */
export function fifo(name: string): Change {
  return (folder) => {
    rmSync(join(folder, name), { recursive: true, force: true });
    execFileSync('mkfifo', [join(folder, name)]);
  };
}

/** Extends a file to this size with zeros that take no space on the disk. */
export function holes(name: string, size: number): Change {
  return (folder) => {
    const path = join(folder, name);
    writeFileSync(path, '', { flag: 'a' });
    truncateSync(path, size);
  };
}

/** Rewrites the header of a safetensors file. */
export function header(fileIn: (folder: string) => string, change: (text: string) => string): Change {
  return bytes(fileIn, (file) => changeHeader(file, change));
}

/** Adds a tensor of so many bytes to a safetensors file: zeros that take no space. */
export function tensorOfHoles(fileIn: (folder: string) => string, size: number): Change {
  return (folder) => {
    const path = fileIn(folder);
    const addTensor = (text: string): string => {
      const { __metadata__, ...tensors } = JSON.parse(text) as Record<string, { data_offsets: number[] }>;
      const end = Math.max(...Object.values(tensors).map(({ data_offsets }) => data_offsets[1]!));
      const holes = { dtype: 'F32', shape: [size / 4], data_offsets: [end, end + size] };
      return JSON.stringify({ __metadata__, ...tensors, holes });
    };
    header(fileIn, addTensor)(folder);
    truncateSync(path, statSync(path).size + size);
  };
}

/** Rewrites a file of weights. */
export function bytes(fileIn: (folder: string) => string, change: (content: Buffer) => Uint8Array): Change {
  return (folder) => writeFileSync(fileIn(folder), change(readFileSync(fileIn(folder))));
}
