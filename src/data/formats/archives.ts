// The files in a folder, zip or tar archive, behind one interface.
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { createTarDecoder, type ParsedTarEntry } from 'modern-tar';
import { UserError } from '../../core/errors.ts';
import {
  type Admit,
  type Archive,
  type ArchiveOpener,
  Budget,
  isVisible,
  maxFileBytes,
  requireSize,
} from '../contract/reading.ts';
import { isFolder, openFile, withFile } from '../files/files.ts';
import { type FilesBelow, filesBelow } from '../files/folders.ts';
import { corruptFile, isGzip, isZip, latin1Text } from './bytes.ts';
import { tidy } from './entryNames.ts';
import { zipFiles } from './zip.ts';
import { maxEntries } from './zipDirectory.ts';

/** An `openArchive` that opens each path only once, so that a folder is listed only once. */
export function openingOnce(): ArchiveOpener {
  const stores = new Map<string, Promise<Archive>>();
  return (path) => {
    const store = stores.get(path) ?? openArchive(path);
    stores.set(path, store);
    return store;
  };
}

/** The kind of archive at a path, by the file's first bytes and name; 'folder' for a folder. Throws UserError if it cannot be read. */
export async function storeKind(path: string): Promise<'folder' | 'zip' | 'tar' | undefined> {
  if (isFolder(path)) {
    return 'folder';
  }
  return withFile(path, async (file) => {
    const start = await file.read(0, Math.min(tarBlock, file.size));
    if (isZip(start)) {
      return 'zip';
    }
    return isTar(start) || (isGzip(start) && /\.(tar\.gz|tgz)$/i.test(path)) ? 'tar' : undefined;
  });
}

/**
 * Opens the folder (with its subfolders) or archive at a path.
 *
 * @throws UserError if it is neither or cannot be read
 */
export async function openArchive(path: string): Promise<Archive> {
  const kind = await storeKind(path);
  if (kind === undefined) {
    throw new UserError(
      'invalid-data',
      `${path}: corrupt, or not a folder, .zip, .tar or .tar.gz; use another copy`,
    );
  }
  switch (kind) {
    case 'folder':
      return folderFiles(path);
    case 'zip':
      return zipFiles(path, () => openFile(path));
    default:
      return tarFiles(path);
  }
}

function folderFiles(path: string): Archive {
  let listed: FilesBelow | undefined;
  const names = async (): Promise<string[]> => {
    listed ??= filesBelow(path);
    return listed.files.filter(isVisible);
  };
  const source = new Budget(path);
  return {
    path,
    isArchive: false,
    names,
    linksOut: () => (listed?.linksOut ?? []).filter(isVisible),
    irregular: () => (listed?.others ?? []).filter(isVisible),
    async *files(wanted) {
      const budget = source.pass();
      for (const name of (await names()).filter(wanted)) {
        const filePath = join(path, name);
        const read = (admit?: Admit): Promise<Uint8Array> =>
          withFile(filePath, async (file) => {
            requireSize(file.size, maxFileBytes, filePath);
            budget.grow(file.size);
            await admit?.(file.size);
            return file.read(0, file.size);
          });
        yield { name, source: filePath, budget, read };
      }
    },
  };
}

function tarFiles(path: string): Archive {
  let source: Budget | undefined;
  const pass = async (): Promise<Budget> => {
    source ??= await withFile(path, async ({ size }) => new Budget(path, size));
    return source.pass();
  };
  let links: string[] = [];
  return {
    path,
    isArchive: true,
    links: () => links.filter(isVisible),
    async names() {
      const names: string[] = [];
      links = [];
      const record = (name: string): boolean => {
        names.push(tidy(name));
        return false;
      };
      const onLink = (name: string): number => links.push(tidy(name));
      for await (const _ of readTar(path, record, await pass(), onLink)) {
        // Only the names are needed.
      }
      return names.filter(isVisible);
    },
    async *files(wanted) {
      const budget = await pass();
      const isWanted = (name: string) => isVisible(tidy(name)) && wanted(tidy(name));
      for await (const { name, bytes } of readTar(path, isWanted, budget)) {
        const read = async (admit?: Admit): Promise<Uint8Array> => {
          await admit?.(bytes.length);
          return bytes;
        };
        yield { name: tidy(name), source: `${path}: ${tidy(name)}`, budget, read };
      }
    },
  };
}

interface TarFile {
  /** Its path as stored in the archive; nothing is ever written there. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The bytes of a header in a tar archive. */
const tarBlock = 512;

/** Whether a file that starts with these bytes is a tar archive. */
function isTar(start: Uint8Array): boolean {
  return start.length === tarBlock && start[0] !== 0 && latin1Text(start.subarray(257, 262)) === 'ustar';
}

/** The files of a tar archive whose names are `wanted`, in its order. `onLink` is called with the name of each link. */
async function* readTar(
  path: string,
  wanted: (name: string) => boolean,
  budget: Budget,
  onLink?: (name: string) => void,
): AsyncGenerator<TarFile, void, void> {
  const start = await withFile(path, (file) => file.read(0, Math.min(2, file.size)));
  const stream = createReadStream(path);
  const source = isGzip(start) ? gunzipped(stream, budget) : stream;
  const entries = (Readable.toWeb(source) as ReadableStream<Uint8Array>)
    .pipeThrough(createTarDecoder({ strict: true }))
    .getReader();
  try {
    let count = 0;
    for (let next = await entries.read(); !next.done; next = await entries.read()) {
      const { header, body } = next.value;
      count++;
      if (count > maxEntries) {
        throw new UserError(
          'invalid-data',
          `${path}: more than ${maxEntries} entries: unpack it, or divide it into several archives`,
        );
      }
      const isFile = header.type === 'file' || header.type === undefined;
      if (header.type === 'link' || header.type === 'symlink') {
        onLink?.(header.name);
      }
      if (!isFile || !wanted(header.name)) {
        // Read and discarded: cancelling a body can stop the whole stream.
        for await (const _ of body as unknown as AsyncIterable<Uint8Array>) {
        }
        continue;
      }
      requireSize(header.size, maxFileBytes, `${path}: ${header.name}`);
      yield { name: header.name, bytes: await readBody(next.value) };
    }
  } catch (cause) {
    throw cause instanceof UserError ? cause : corruptFile(path, (cause as Error).message, cause);
  } finally {
    // Not awaited: cancelling while a body is being read may never settle.
    entries.cancel().catch(() => {});
    source.destroy();
    stream.destroy();
  }
}

/** The decompressed stream, as far as the budget allows. */
function gunzipped(stream: Readable, budget: Budget): Readable {
  const bounded = new Transform({
    transform(chunk: Uint8Array, _, done) {
      try {
        budget.spend(chunk.length, 'bytes');
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
  });
  // Errors are reported by the returned stream.
  pipeline(stream, createGunzip(), bounded).catch(() => {});
  return bounded;
}

async function readBody({ header, body }: ParsedTarEntry): Promise<Uint8Array> {
  const bytes = new Uint8Array(header.size);
  let length = 0;
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    bytes.set(chunk, length);
    length += chunk.length;
  }
  if (length !== header.size) {
    throw new Error(`${header.name} ends after ${length} of ${header.size} bytes`);
  }
  return bytes;
}

/** The remedy, for errors. */
export const ownLinks = 'set EMERGING_LINKS=follow if the links are your own';

/** Whether the user allows links to lead anywhere. */
export function followsLinksOut(env: NodeJS.ProcessEnv = process.env): boolean {
  return env.EMERGING_LINKS === 'follow';
}

/**
 * Refuses a folder with links to files outside it.
 *
 * @param links their names
 * @throws UserError (`invalid-data`) that counts them, unless `followsLinksOut`
 */
export function requireNoLinksOut(path: string, links: readonly string[]): void {
  if (links.length > 0 && !followsLinksOut()) {
    const count = links.length === 1 ? 'a link in it leads' : `${links.length} links in it lead`;
    throw new UserError(
      'invalid-data',
      `${path}: ${count} to files elsewhere, such as ${links[0]}: ${ownLinks}, or replace them with copies`,
    );
  }
}
