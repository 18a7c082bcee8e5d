// The packed file: prepared images of one size, raw, one after the other, so that any of them is read by its position.
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { ImageShape } from '../numeric/imageShape.ts';
import { sizeOf } from '../numeric/ndarray.ts';
import { checkIndex, checkOutput, type DatasetSource, type ImageSet, type PathFormat } from './dataset.ts';

const magic = 'emerging-images';
const version = 1;

/** Where the images begin: before it stand two lines of text, filled up with spaces. */
export const HEADER_BYTES = 16_384;

/** The splits of a packed file, in the order in which their images lie in it. */
export const packedSplits = ['train', 'validation', 'test'] as const;

const count = z.int().min(0);
const headerSchema = z.object({
  /** Height, width and channels of every image. */
  imageShape: z.tuple([z.int().min(1), z.int().min(1), z.int().min(1)]),
  /** The number of images of each split; validation is left out where it is to be held out of train. */
  counts: z.object({ train: count, validation: count.optional(), test: count }),
  /** SHA-256 of all images, in hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** The name or the path of the dataset that the images come from. */
  source: z.string(),
  /** How they were made of it. */
  settings: z.record(z.string(), z.union([z.string(), z.number()])),
  /** What happened to how many of the source's images: `damaged`, `transparent`, … */
  notes: z.record(z.string(), z.number()),
});

/** What a packed file says of itself. */
export type PackedHeader = z.infer<typeof headerSchema>;

/** The bytes before the images: `emerging-images 1 SHA-256-OF-THE-NEXT-LINE`, the header as JSON, and spaces. */
export function headerBytes(header: PackedHeader): Uint8Array {
  const json = JSON.stringify(header);
  const text = new TextEncoder().encode(`${magic} ${version} ${sha256(json)}\n${json}\n`);
  if (text.length >= HEADER_BYTES) {
    throw new RangeError(`a header of ${text.length} bytes has no room in ${HEADER_BYTES}`);
  }
  const bytes = new Uint8Array(HEADER_BYTES).fill(0x20);
  bytes.set(text);
  bytes[HEADER_BYTES - 1] = 0x0a;
  return bytes;
}

/** An open packed file. */
interface PackedFile {
  readonly path: string;
  readonly file: number;
  readonly header: PackedHeader;
}

/** A file that `emerging datasets prepare` wrote; its images are read when they are asked for. */
export const packedFile: PathFormat = {
  expects: 'a file that emerging datasets prepare wrote',

  async recognises(path) {
    try {
      const file = openSync(path, 'r');
      try {
        const start = Buffer.alloc(magic.length + 1);
        readSync(file, start, 0, start.length, 0);
        return start.toString('latin1') === `${magic} `;
      } finally {
        closeSync(file);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EISDIR') {
        return false;
      }
      throw cannotRead(path, error);
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
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (hash.digest('hex') !== header.sha256) {
      throw new UserError(`${path}: damaged: its images differ from its checksum; prepare it again`);
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
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw cannotRead(path, error);
  }
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

function readHeader(path: string, file: number): PackedHeader {
  const bytes = Buffer.alloc(HEADER_BYTES);
  const length = readSync(file, bytes, 0, HEADER_BYTES, 0);
  if (length < HEADER_BYTES) {
    throw damaged(path, `it ends after ${length} bytes`);
  }
  const [line = '', json = ''] = bytes.toString('utf8').split('\n');
  const [, found, checksum] = /^emerging-images (\d+) (.*)$/.exec(line) ?? [];
  if (found !== undefined && Number(found) !== version) {
    throw new UserError(
      `${path}: a packed file of version ${found}, and this reads ${version}: prepare it again`,
    );
  }
  if (checksum !== sha256(json)) {
    throw damaged(path, 'its header differs from its checksum');
  }
  const { data, error } = headerSchema.safeParse(JSON.parse(json));
  if (error) {
    throw damaged(path, `its header is not complete: ${error.issues[0]!.path.join('.')}`);
  }
  return data;
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

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function damaged(path: string, why: string): UserError {
  return new UserError(`${path}: damaged: ${why}; prepare it again`);
}

function cannotRead(path: string, cause: unknown): UserError {
  return new UserError(`${path}: cannot be read: ${(cause as Error).message}`, { cause });
}
