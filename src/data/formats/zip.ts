// Files of zip archives, read in place, one at a time, each verified by its checksum.
import { UserError } from '../../core/errors.ts';
import {
  type Admit,
  type Archive,
  Budget,
  isVisible,
  maxFileBytes,
  requireSize,
} from '../contract/reading.ts';
import { checkRange, inMemory, maxBytesAtOnce, type RandomAccess } from '../files/fileStore.ts';
import { type CorruptFile, corruptFile, dataView } from './bytes.ts';
import { crc32, inflateRaw } from './compression.node.ts';
import { readZipDirectory, type ZipEntry } from './zipDirectory.ts';

const localSignature = 0x04034b50;
/** The highest compression ratio of deflate. */
const strongestCompression = 1032;
/** Files that are stored uncompressed are read in blocks of this many bytes, unless they are smaller. */
const blockBytes = 2 ** 23;

/**
 * The bytes of one file of a zip archive.
 *
 * @throws OverBudget; UserError with the entry's name if it is corrupt, encrypted or too large, or its
 *   compression method is unsupported
 */
export async function readZipEntry(
  file: RandomAccess,
  entry: ZipEntry,
  source: string,
  { limit = maxBytesAtOnce, budget }: { limit?: number; budget: Budget },
): Promise<Uint8Array> {
  const { name, size, method, checksum } = entry;
  const where = `${source}: ${name}`;
  requireSize(size, limit, where);
  budget.spend(size, 'bytes');
  const packed = await file.read(await findData(file, entry, source), entry.compressedSize);
  const bytes = method === 0 ? packed : await inflated(packed, size, where);
  if (bytes.length !== size || crc32(bytes) !== checksum) {
    throw wrongChecksum(where);
  }
  return bytes;
}

/** An entry of more bytes than this is refused if it decompresses to more than so many times its size: no images do. */
const [LARGE_BYTES, LARGE_TIMES] = [2 ** 30, 20];

/**
 * Random access to a file of a zip archive: in place if it is large and stored uncompressed, otherwise in memory. Throws as
 * `readZipEntry` does.
 */
export async function openZipEntry(
  file: RandomAccess,
  entry: ZipEntry,
  source: string,
  budget: Budget,
): Promise<RandomAccess> {
  const { name, method, size } = entry;
  const where = `${source}: ${name}`;
  if (method !== 0 && size > LARGE_BYTES && size > LARGE_TIMES * entry.compressedSize) {
    throw new UserError(
      'invalid-data',
      `${where}: ${Math.round(entry.compressedSize / 2 ** 20)} MiB that decompress to ${Math.round(size / 2 ** 20)} MiB, all in memory: ` +
        'store it uncompressed, as numpy.savez does, or unpack it',
    );
  }
  if (method !== 0 || size <= blockBytes) {
    return inMemory(await readZipEntry(file, entry, source, { budget }), where);
  }
  const start = await findData(file, entry, source);
  let checksum = 0;
  for (let offset = 0; offset < size; offset += blockBytes) {
    checksum = crc32(await file.read(start + offset, Math.min(blockBytes, size - offset)), checksum);
  }
  if (checksum !== entry.checksum) {
    throw wrongChecksum(where);
  }
  return {
    size,
    async read(offset, length) {
      checkRange(where, size, offset, length);
      return file.read(start + offset, length);
    },
  };
}

function wrongChecksum(where: string): CorruptFile {
  return corruptFile(where, 'its bytes do not match the checksum in the archive');
}

async function inflated(packed: Uint8Array, size: number, where: string): Promise<Uint8Array> {
  if (size > strongestCompression * packed.length + strongestCompression) {
    throw corruptFile(
      where,
      `${packed.length} bytes cannot decompress to the ${size} bytes that the archive claims`,
    );
  }
  // Rejected as soon as it exceeds the size in the archive.
  return inflateRaw(packed, size).catch((cause: Error) => {
    throw corruptFile(where, cause.message, cause);
  });
}

/** Where the data of an entry starts: after its local header. */
async function findData(file: RandomAccess, entry: ZipEntry, source: string): Promise<number> {
  const { name, offset, method, encrypted, compressedSize, size } = entry;
  const where = `${source}: ${name}`;
  if (encrypted) {
    throw new UserError('invalid-data', `${where}: encrypted; unpack it first`);
  }
  if (method !== 0 && method !== 8) {
    throw new UserError('invalid-data', `${where}: compressed by method ${method}; repack it with deflate`);
  }
  const local = dataView(await file.read(offset, 30));
  const start = offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  const sizes = method === 8 || size === compressedSize;
  if (local.getUint32(0, true) !== localSignature || !sizes || start + compressedSize > file.size) {
    throw corruptFile(where, 'it is not where the directory points');
  }
  return start;
}

interface OpenArchive {
  readonly file: RandomAccess;
  close(): Promise<void>;
}

/** The files of a zip archive. */
export function zipFiles(path: string, open: () => Promise<OpenArchive>): Archive {
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
              return await readZipEntry(opened, entry, path, { limit: maxFileBytes, budget });
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
