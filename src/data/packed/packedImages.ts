// The images of a packed file, wherever its bytes are: read by index, or all of them to verify their checksums.
import { UserError } from '../../core/errors.ts';
import { bytesOfValues, countElements, type ImageShape } from '../../core/numeric/index.ts';
import { nextTurn } from '../../core/platform/index.ts';
import { startSha256 } from '../../core/platform/sha256.node.ts';
import {
  checkIndex,
  checkOutput,
  type DatasetSource,
  type ImageSet,
  labelsFrom,
  type Split,
} from '../contract/dataset.ts';
import { Budget } from '../contract/reading.ts';
import { maxBytesAtOnce } from '../files/fileStore.ts';
import { decompressed } from '../formats/decompressed.ts';
import {
  collectWrong,
  corruptPackedFile,
  HEADER_BYTES,
  imageBytesIn,
  kindIn,
  type PackedBytes,
  type PackedFile,
  partAt,
  readChecksums,
  readHeader,
  readLabels,
  readNames,
  requireNoneWrong,
  totalCount,
} from './packedLayout.ts';

/** The bytes of a packed file in memory. */
export function packedInMemory(bytes: Uint8Array, path: string): PackedBytes {
  return {
    path,
    size: bytes.length,
    isInMemory: true,
    read: (out, position) => out.set(bytes.subarray(position, position + out.length)),
  };
}

/**
 * Decompresses a gzipped packed file and verifies its checksums.
 *
 * @throws OverBudget; UserError if it is corrupt
 */
export async function openGzipped(bytes: Uint8Array, path: string): Promise<PackedFile> {
  const budget = new Budget(path, bytes.length);
  const content = await decompressed([bytes], 'gzip', maxBytesAtOnce, (length) =>
    budget.spend(length, 'bytes'),
  ).catch((cause: unknown) => {
    throw cause instanceof UserError
      ? cause
      : corruptPackedFile(path, cause instanceof Error ? cause.message : String(cause), cause);
  });
  return openInMemory(content, path);
}

/**
 * Opens a packed file in memory and verifies its checksums.
 *
 * @throws UserError if it is corrupt
 */
export async function openInMemory(bytes: Uint8Array, path: string): Promise<PackedFile> {
  const packed = withHeader(packedInMemory(bytes, path));
  await verifyPacked(packed);
  return packed;
}

/**
 * Reads the header of a packed file.
 *
 * @throws UserError if it is corrupt or truncated
 */
export function withHeader(bytes: PackedBytes): PackedFile {
  const { path, size, read } = bytes;
  const start = new Uint8Array(Math.min(HEADER_BYTES, size));
  read(start, 0);
  const header = readHeader(path, start);
  const expected = partAt(header);
  if (size !== expected) {
    throw corruptPackedFile(path, `it has ${size} bytes, expected ${expected}`);
  }
  return { ...bytes, header };
}

/**
 * Reads all of a packed file and verifies its checksums.
 *
 * @throws UserError if it is corrupt
 */
export async function verifyPacked(packed: PackedFile, onProgress?: (images: number) => void): Promise<void> {
  const { path, header } = packed;
  const size = imageBytesIn(header);
  const total = totalCount(header);
  const step = Math.max(1, Math.floor(2 ** 24 / size));
  const hash = startSha256();
  const checksums = readChecksums(packed);
  const wrong = new Set<number>();
  for (let first = 0; first < total; first += step) {
    const bytes = new Uint8Array(Math.min(step, total - first) * size);
    packed.read(bytes, HEADER_BYTES + first * size);
    hash.update(bytes);
    collectWrong(wrong, bytes, { size, first, checksums });
    onProgress?.(Math.min(first + step, total));
    await nextTurn();
  }
  requireNoneWrong(packed, wrong);
  if (hash.digest() !== header.sha256) {
    throw corruptPackedFile(path, 'its images do not match their checksum');
  }
  readNames(packed);
  readLabels(packed);
}

/** The splits of a packed file, whose images are read on demand. */
export function packedSource(packed: PackedFile): DatasetSource {
  const { header } = packed;
  const { train, validation, test } = header.counts;
  let names: readonly string[] | undefined;
  const memberName = (position: number): string => {
    names ??= readNames(packed);
    return names[position]!;
  };
  const stored = readLabels(packed);
  let checksums: Uint32Array | undefined;
  const checksumsOnce = (): Uint32Array => {
    checksums ??= readChecksums(packed);
    return checksums;
  };
  const split = (name: Split, first: number, count: number): ImageSet => {
    const checksum = header.splits[name];
    return {
      ...imagesAt(packed, first, count, checksumsOnce),
      ...(checksum !== undefined && { checksum }),
      nameAt: (index: number) => memberName(first + checkIndex(index, count)),
      ...(stored && {
        labels: labelsFrom(stored.classes, (index) => stored.numbers[first + checkIndex(index, count)]!),
      }),
    };
  };
  return {
    train: split('train', 0, train),
    ...(validation !== undefined && { validation: split('validation', train, validation) }),
    test: split('test', train + (validation ?? 0), test),
    notes: header.notes,
  };
}

/** Images read on demand, and verified unless they are in memory. */
function imagesAt(
  packed: PackedFile,
  firstOfSplit: number,
  count: number,
  checksums: () => Uint32Array,
): ImageSet {
  const imageShape: ImageShape = packed.header.imageShape;
  const kind = kindIn(packed.header);
  const size = imageBytesIn(packed.header);
  return {
    count,
    imageShape,
    kind,
    read(indices, out) {
      checkOutput(indices.length * countElements(imageShape), kind, out);
      const bytes = bytesOfValues(out);
      const wrong = new Set<number>();
      for (let start = 0, end = 0; start < indices.length; start = end) {
        const index = checkIndex(indices[start]!, count);
        // Consecutive images take one read.
        for (end = start + 1; end < indices.length && indices[end] === index + end - start; end++) {
          checkIndex(indices[end]!, count);
        }
        const images = bytes.subarray(start * size, end * size);
        const first = firstOfSplit + index;
        packed.read(images, HEADER_BYTES + first * size);
        if (!packed.isInMemory) {
          collectWrong(wrong, images, { size, first, checksums: checksums() });
        }
      }
      requireNoneWrong(packed, wrong);
    },
  };
}
