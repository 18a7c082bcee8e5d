// Packed files: prepared images of one size, uncompressed, so that any of them can be read by index.
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as z from 'zod';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { sizeOf } from '../../numeric/ndarray.ts';
import { openRegularFile } from '../../storage/fileBytes.ts';
import { cannotRead } from '../../storage/fileErrors.ts';
import { isFolder } from '../../storage/files.ts';
import { checkIndex, checkOutput, type DatasetSource, type ImageSet, type PathFormat } from '../dataset.ts';
import {
  corruptPackedFile,
  HEADER_BYTES,
  magic,
  type PackedHeader,
  type packedSplits,
  readHeader,
} from './packedHeader.ts';

/** The mean length of a name is limited: six bytes for each of the 4,096 characters of a path, in JSON. */
const mostNameBytes = 6 * 4096;

/** An open packed file. */
interface PackedFile {
  readonly path: string;
  readonly file: number;
  readonly header: PackedHeader;
}

/** A file written by `prepareDataset`; its images are read on demand. */
export const packedFile: PathFormat = {
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
 * The header of a packed file.
 *
 * @throws UserError if it is not a packed file, corrupt or truncated
 */
export function readPackedHeader(path: string): PackedHeader {
  const { file, header } = openPacked(path);
  closeSync(file);
  return header;
}

/**
 * Reads all of a packed file and verifies its checksum.
 *
 * @param onProgress receives the number of images verified so far
 * @throws UserError if it is corrupt
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
      throw corruptPackedFile(path, 'its images do not match their checksum');
    }
    readNames(packed);
    return header;
  } finally {
    closeSync(file);
  }
}

/** The file stays open: images are read from it on demand. */
function sourceOf(packed: PackedFile): DatasetSource {
  const { header } = packed;
  const { train, validation, test } = header.counts;
  let names: readonly string[] | undefined;
  const nameAt = (position: number): string => {
    names ??= readNames(packed);
    return names[position]!;
  };
  const split = (name: (typeof packedSplits)[number], first: number, count: number): ImageSet => {
    const checksum = header.splits?.[name];
    return {
      ...imagesAt(packed, first, count),
      ...(checksum !== undefined && { checksum }),
      ...(header.names && { nameOf: (index: number) => nameAt(first + checkIndex(index, count)) }),
    };
  };
  return {
    train: split('train', 0, train),
    ...(validation !== undefined && { validation: split('validation', train, validation) }),
    test: split('test', train + (validation ?? 0), test),
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
        // Consecutive images take one read.
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
    const expected = namesAt(header) + (header.names?.bytes ?? 0);
    const found = fstatSync(file).size;
    if (found !== expected) {
      throw corruptPackedFile(path, `it has ${found} bytes, expected ${expected}`);
    }
    return { path, file, header };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Where the names start: after the images. */
function namesAt(header: PackedHeader): number {
  return HEADER_BYTES + totalOf(header) * sizeOf(header.imageShape);
}

/** The names of all images, in order; none in a file of version 1. */
function readNames(packed: PackedFile): string[] {
  const { path, header } = packed;
  if (header.names === undefined) {
    return [];
  }
  const { bytes: length, sha256 } = header.names;
  if (length > mostNameBytes * totalOf(header)) {
    throw corruptPackedFile(path, `it has ${length} bytes of names`);
  }
  const bytes = new Uint8Array(length);
  readFully(packed, bytes, namesAt(header));
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw corruptPackedFile(path, 'its names do not match their checksum');
  }
  const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1);
  if (lines.length !== totalOf(header)) {
    throw corruptPackedFile(path, `it has ${lines.length} names for ${totalOf(header)} images`);
  }
  return lines.map((line) => nameIn(line, path));
}

function nameIn(line: string, path: string): string {
  try {
    return z.string().parse(JSON.parse(line));
  } catch (cause) {
    throw corruptPackedFile(path, `its name ${line.slice(0, 100)} is not a text in JSON`, cause);
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
      throw corruptPackedFile(path, 'it was truncated while it was in use');
    }
    done += read;
  }
}
