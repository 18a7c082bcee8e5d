// The files of a zip archive, on disk or in memory.
import type { RandomAccess } from '../../storage/randomAccess.ts';
import { type Archive, isVisible } from '../contract/archive.ts';
import type { Admit } from '../contract/budget.ts';
import { Budget } from '../contract/budget.ts';
import { readZipEntry } from './zip.ts';
import { readZipDirectory } from './zipDirectory.ts';

/** An archive that is open until `close`. */
export interface OpenArchive {
  readonly file: RandomAccess;
  close(): Promise<void>;
}

/**
 * The files of a zip archive.
 *
 * @param path the archive, for errors
 * @param limit the maximum size of a file, in bytes
 */
export function zipFiles(path: string, limit: number, open: () => Promise<OpenArchive>): Archive {
  let source: Budget | undefined;
  const archive = sharedFile(open);
  return {
    path,
    isArchive: true,
    async names() {
      const file = await archive.acquire();
      try {
        return (await readZipDirectory(file, path)).map(({ name }) => name).filter(isVisible);
      } finally {
        await archive.release();
      }
    },
    async *files(wanted) {
      const file = await archive.acquire();
      try {
        source ??= new Budget(path, file.size);
        const budget = source.pass();
        for (const entry of await readZipDirectory(file, path)) {
          if (!isVisible(entry.name) || !wanted(entry.name)) {
            continue;
          }
          const read = async (admit?: Admit): Promise<Uint8Array> => {
            await admit?.(entry.size);
            const opened = await archive.acquire();
            try {
              return await readZipEntry(opened, entry, path, { limit, budget });
            } finally {
              await archive.release();
            }
          };
          yield { name: entry.name, source: `${path}: ${entry.name}`, budget, read };
        }
      } finally {
        await archive.release();
      }
    },
  };
}

/** A file that stays open while it has users, and is reopened for later ones. */
function sharedFile(open: () => Promise<OpenArchive>): {
  acquire(): Promise<RandomAccess>;
  release(): Promise<void>;
} {
  let users = 0;
  let opened: Promise<OpenArchive> | undefined;
  return {
    async acquire() {
      // Count first: a release while the file is being opened must not close it.
      users++;
      opened ??= open().catch((error: unknown) => {
        opened = undefined;
        throw error;
      });
      try {
        return (await opened).file;
      } catch (error) {
        users--;
        throw error;
      }
    },
    async release() {
      users--;
      if (users === 0) {
        const last = opened!;
        opened = undefined;
        await (await last).close();
      }
    },
  };
}
