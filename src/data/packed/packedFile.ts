// Packed files on disk: read by index, or gzipped ones into memory; written to a partial file that is renamed when it is complete.
import { closeSync, fstatSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { type PathFormat, toRawDataset } from '../contract/rawImages.ts';
import { isFolder, openRegularFile, readFirst, readFully, readWhole } from '../files/files.ts';
import { PartialFile, removePartialFiles } from '../files/partialFiles.ts';
import { isGzip } from '../formats/bytes.ts';
import { openGzipped, packedSource, verifyPacked, withHeader } from './packedImages.ts';
import { HEADER_BYTES, isPacked, type PackedFile, type PackedHeader, readHeader } from './packedLayout.ts';
import { MemoryTarget, type PackedTarget } from './packedWriter.ts';

export { imageBytesIn, totalCount } from './packedLayout.ts';

/** A file written by `prepareDataset`; its images are read on demand, unless it is gzipped. */
export const packedFile: PathFormat = {
  async recognises(path) {
    return !isFolder(path) && isPacked(readStart(path));
  },

  async open(path) {
    const { packed } = await openPacked(path);
    return toRawDataset(packedSource(packed));
  },
};

/**
 * The header of a packed file.
 *
 * @throws UserError if it is not a packed file or its header is corrupt
 */
export function readPackedHeader(path: string): PackedHeader {
  return readHeader(path, readStart(path));
}

/**
 * Reads all of a packed file and verifies its checksum.
 *
 * @throws UserError if it is corrupt
 */
export async function verifyPackedFile(
  path: string,
  onProgress?: (images: number) => void,
): Promise<PackedHeader> {
  const { packed, close } = await openPacked(path);
  try {
    await verifyPacked(packed, onProgress);
    return packed.header;
  } finally {
    close();
  }
}

/** The first bytes of a packed file, decompressed; of other files, whatever they start with. */
function readStart(path: string): Uint8Array {
  const bytes = readFirst(path, HEADER_BYTES);
  return isGzip(bytes) ? startOfGzipped(bytes) : bytes;
}

/** What the start of a gzipped file decompresses to; nothing if it is corrupt. */
function startOfGzipped(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, HEADER_BYTES);
  } catch {
    return new Uint8Array();
  }
}

/** The file stays open for images that are read on demand; a gzipped one is read and verified at once. */
async function openPacked(path: string): Promise<{ packed: PackedFile; close(): void }> {
  if (isGzip(readFirst(path, 2))) {
    return { packed: await openGzipped(await readWhole(path), path), close: () => {} };
  }
  const file = openRegularFile(path);
  try {
    const packed = withHeader({
      path,
      size: fstatSync(file).size,
      isInMemory: false,
      read: (out, position) => void readFully(file, path, out, position),
    });
    return { packed, close: () => closeSync(file) };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/**
 * Creates the partial file and removes leftovers of a crash. A file whose name ends in `.gz` is compressed, in
 * memory, when it is complete.
 *
 * @param beforeMove called right before the file is renamed to its name: if it throws, an earlier file of that name stays
 * @throws UserError, as does every method
 */
export function packedTarget(path: string, beforeMove?: () => void): PackedTarget {
  removePartialFiles(dirname(path), basename(path));
  const file = new PartialFile(path, beforeMove);
  if (!path.endsWith('.gz')) {
    return file;
  }
  const memory = new MemoryTarget(path);
  return {
    write: (bytes, position) => memory.write(bytes, position),
    finish() {
      file.write(gzipSync(memory.bytes(), { level: 9 }), 0);
      file.finish();
    },
    discard: () => file.discard(),
  };
}
