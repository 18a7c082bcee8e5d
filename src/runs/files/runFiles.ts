// Files by name, in memory or in a browser's private file system: what a page has instead of a folder.
import { UserError } from '../../errors.ts';

/** The right to change files, which one trainer has at a time. */
export interface StoredFilesLock {
  /** Gives the right back. */
  release(): Promise<void>;
}

/** Files by name, such as `checkpoints/step-00000040.safetensors`. */
export interface StoredFiles {
  /** What messages call them. */
  readonly name: string;
  /** The names of all files. */
  list(): Promise<string[]>;
  /** The bytes of a file; undefined if there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
  /**
   * Writes a file, which is replaced as a whole or not at all. The bytes may be kept, not copied.
   *
   * @throws UserError (`io`) if there is no room for it
   */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Removes a file, if it exists. */
  remove(name: string): Promise<void>;
  /**
   * Takes the right to change the files.
   *
   * @throws UserError (`locked`) if another page or worker has it
   */
  lock(): Promise<StoredFilesLock>;
}

/** Files in memory: those of a run that was downloaded, or none. */
export function memoryFiles(name: string, files: Readonly<Record<string, Uint8Array>> = {}): StoredFiles {
  const kept = new Map(Object.entries(files));
  let locked = false;
  return {
    name,
    list: async () => [...kept.keys()].sort(),
    read: async (file) => kept.get(file),
    async write(file, bytes) {
      kept.set(file, bytes);
    },
    async remove(file) {
      kept.delete(file);
    },
    async lock() {
      if (locked) {
        throw new UserError('locked', `${name} is being trained already: wait for it, or stop it`);
      }
      locked = true;
      return {
        async release() {
          locked = false;
        },
      };
    },
  };
}

/** All files by name, to download a run or to load its model. */
export async function readFiles(files: StoredFiles): Promise<Record<string, Uint8Array>> {
  const found: Record<string, Uint8Array> = {};
  for (const name of await files.list()) {
    const bytes = await files.read(name);
    // A run that is being trained may have removed a checkpoint since.
    if (bytes !== undefined) {
      found[name] = bytes;
    }
  }
  return found;
}
