// Files in memory.
import { UserError } from '../errors.ts';
import { joinBytes } from '../platform/joinBytes.ts';
import { asideName, bytesOf, type FileStore } from './fileStore.ts';

/** Files in memory: those of a downloaded run, or none. */
export function memoryFiles(name: string, files: Readonly<Record<string, Uint8Array>> = {}): FileStore {
  /** The bytes of each file, in the pieces in which they were written. */
  const kept = new Map(Object.entries(files).map(([file, bytes]) => [file, [bytes]]));
  let locked = false;
  return {
    name,
    pathOf: (file) => `${name}/${file}`,
    list: (folder) =>
      [...kept.keys()].filter((file) => folder === undefined || file.startsWith(`${folder}/`)).sort(),
    read(file) {
      const pieces = kept.get(file);
      return pieces?.length === 1 ? pieces[0] : pieces && joinBytes(pieces);
    },
    blocks: (file) => kept.get(file),
    write(file, content) {
      kept.set(file, [bytesOf(content)]);
    },
    append(file, text) {
      kept
        .set(file, kept.get(file) ?? [])
        .get(file)!
        .push(bytesOf(text));
    },
    flush() {},
    remove(file) {
      kept.delete(file);
    },
    setAside(file) {
      const aside = asideName(file, (one) => kept.has(one));
      kept.set(aside, kept.get(file)!);
      kept.delete(file);
      return aside;
    },
    lock() {
      if (locked) {
        throw new UserError('locked', `${name} is already being trained: wait for it, or stop it`);
      }
      locked = true;
      return {
        renew() {},
        release() {
          locked = false;
        },
      };
    },
  };
}
