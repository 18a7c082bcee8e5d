// The packed file: prepared images of one size, raw, one after the other, so that any of them is read by its position.
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { UserError } from '../../errors.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { sizeOf } from '../../numeric/ndarray.ts';
import { openRegularFile } from '../../storage/fileBytes.ts';
import { cannotRead } from '../../storage/fileErrors.ts';
import { isFolder } from '../../storage/files.ts';
import { checkIndex, checkOutput, type DatasetSource, type ImageSet, type PathFormat } from '../dataset.ts';
import { damaged, HEADER_BYTES, magic, type PackedHeader, readHeader } from './packedHeader.ts';

/** An open packed file. */
interface PackedFile {
  readonly path: string;
  readonly file: number;
  readonly header: PackedHeader;
}

/** A file that `emerging datasets prepare` wrote; its images are read when they are asked for. */
export const packedFile: PathFormat = {
  expects: 'a file of prepared images',

  async recognises(path) {
    if (isFolder(path)) {
      return false;
    }
    const file = openRegularFile(path);
    try {
      const start = Buffer.alloc(magic.length + 1);
      readSync(file, start, 0, start.length, 0);
      return start.toString('latin1') === `${magic} `;
    } catch (error) {
      throw cannotRead(path, error);
    } finally {
      closeSync(file);
    }
  },

  open: async (path) => sourceOf(openPacked(path)),
};

/**
 * What a packed file says of itself.
 *
 * @throws UserError if it is none, damaged or cut off
 */
export function readPackedHeader(path: string): PackedHeader {
  const { file, header } = openPacked(path);
  closeSync(file);
  return header;
}

/**
 * Reads all of a packed file and compares it with its checksum.
 *
 * @param onProgress called with the images that have been compared
 * @throws UserError if it is damaged
 */
export async function verifyPackedFile(
  path: string,
  onProgress?: (images: number) => void,
): Promise<PackedHeader> {
  const packed = openPacked(path);
  const { file, header } = packed;
  try {
    const size = sizeOf(header.imageShape);
    const total = totalOf(header);
    const step = Math.max(1, Math.floor(2 ** 24 / size));
    const hash = createHash('sha256');
    for (let first = 0; first < total; first += step) {
      const bytes = new Uint8Array(Math.min(step, total - first) * size);
      readFully(packed, bytes, HEADER_BYTES + first * size);
      hash.update(bytes);
      onProgress?.(Math.min(first + step, total));
      await nextTurn();
    }
    if (hash.digest('hex') !== header.sha256) {
      throw new UserError(
        'invalid-data',
        `${path}: damaged: its images differ from its checksum; prepare it again`,
      );
    }
    return header;
  } finally {
    closeSync(file);
  }
}

/** The file stays open: its sets read from it whenever they are asked. */
function sourceOf(packed: PackedFile): DatasetSource {
  const { header } = packed;
  const { train, validation, test } = header.counts;
  return {
    train: imagesAt(packed, 0, train),
    ...(validation !== undefined && { validation: imagesAt(packed, train, validation) }),
    test: imagesAt(packed, train + (validation ?? 0), test),
    notes: header.notes,
  };
}

function imagesAt(packed: PackedFile, first: number, count: number): ImageSet {
  const imageShape: ImageShape = packed.header.imageShape;
  const size = sizeOf(imageShape);
  return {
    count,
    imageShape,
    read(indices, out) {
      checkOutput(indices.length * size, out);
      for (let start = 0, end = 0; start < indices.length; start = end) {
        const index = checkIndex(indices[start]!, count);
        // Neighbours in the file that are neighbours in the batch too are read at once.
        for (end = start + 1; end < indices.length && indices[end] === index + end - start; end++) {
          checkIndex(indices[end]!, count);
        }
        readFully(packed, out.subarray(start * size, end * size), HEADER_BYTES + (first + index) * size);
      }
    },
  };
}

function openPacked(path: string): PackedFile {
  const file = openRegularFile(path);
  try {
    const header = readHeader(path, file);
    const expected = HEADER_BYTES + totalOf(header) * sizeOf(header.imageShape);
    const found = fstatSync(file).size;
    if (found !== expected) {
      throw damaged(path, `it has ${found} bytes and should have ${expected}`);
    }
    return { path, file, header };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function totalOf({ counts }: PackedHeader): number {
  return counts.train + (counts.validation ?? 0) + counts.test;
}

function readFully({ path, file }: PackedFile, out: Uint8Array, position: number): void {
  for (let done = 0; done < out.length; ) {
    let read: number;
    try {
      read = readSync(file, out, done, out.length - done, position + done);
    } catch (error) {
      throw cannotRead(path, error);
    }
    if (read === 0) {
      throw damaged(path, 'it was cut off while it was in use');
    }
    done += read;
  }
}
