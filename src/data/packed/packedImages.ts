// The images of a packed file, wherever its bytes are: read by index, or all of them to verify their checksums.
import * as z from 'zod/mini';
import { UserError } from '../../errors.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { sizeOf } from '../../numeric/ndarray.ts';
import { nextTurn } from '../../platform/eventLoop.node.ts';
import { sha256 as sha256Of, startSha256 } from '../../platform/sha256.node.ts';
import { maxBytesAtOnce } from '../../storage/randomAccess.ts';
import { Budget } from '../budget.ts';
import { checkIndex, checkOutput, type DatasetSource, type ImageSet } from '../dataset.ts';
import { decompressed } from '../formats/decompressed.ts';
import {
  corruptPackedFile,
  HEADER_BYTES,
  type PackedHeader,
  type packedSplits,
  readHeader,
} from './packedHeader.ts';
import { labelsIn, mostLabelBytes, type StoredLabels } from './packedLabels.ts';

/** The mean length of a name is limited: six bytes for each of the 4,096 characters of a path, in JSON. */
const mostNameBytes = 6 * 4096;

/** The bytes of a packed file. */
export interface PackedBytes {
  /** Its path, for errors. */
  readonly path: string;
  readonly size: number;
  /** Fills `out` from a position; throws UserError if it cannot. */
  read(out: Uint8Array, position: number): void;
}

/** A packed file whose header has been read. */
export interface PackedFile extends PackedBytes {
  readonly header: PackedHeader;
}

/** The bytes of a packed file in memory. */
export function packedInMemory(bytes: Uint8Array, path: string): PackedBytes {
  return {
    path,
    size: bytes.length,
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
  const expected = labelsAt(header) + (header.labels?.bytes ?? 0);
  if (size !== expected) {
    throw corruptPackedFile(path, `it has ${size} bytes, expected ${expected}`);
  }
  return { ...bytes, header };
}

/**
 * Reads all of a packed file and verifies its checksums.
 *
 * @param onProgress receives the number of images verified so far
 * @throws UserError if it is corrupt
 */
export async function verifyPacked(packed: PackedFile, onProgress?: (images: number) => void): Promise<void> {
  const { path, header } = packed;
  const size = sizeOf(header.imageShape);
  const total = totalOf(header);
  const step = Math.max(1, Math.floor(2 ** 24 / size));
  const hash = startSha256();
  for (let first = 0; first < total; first += step) {
    const bytes = new Uint8Array(Math.min(step, total - first) * size);
    packed.read(bytes, HEADER_BYTES + first * size);
    hash.update(bytes);
    onProgress?.(Math.min(first + step, total));
    await nextTurn();
  }
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
  const nameAt = (position: number): string => {
    names ??= readNames(packed);
    return names[position]!;
  };
  const stored = readLabels(packed);
  const split = (name: (typeof packedSplits)[number], first: number, count: number): ImageSet => {
    const checksum = header.splits?.[name];
    return {
      ...imagesAt(packed, first, count),
      ...(checksum !== undefined && { checksum }),
      ...(header.names && { nameOf: (index: number) => nameAt(first + checkIndex(index, count)) }),
      ...(stored && {
        labels: {
          classes: stored.classes,
          classOf: (index) => stored.numbers[first + checkIndex(index, count)]!,
        },
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
        packed.read(out.subarray(start * size, end * size), HEADER_BYTES + (first + index) * size);
      }
    },
  };
}

/** Where the names start: after the images. */
function namesAt(header: PackedHeader): number {
  return HEADER_BYTES + totalOf(header) * sizeOf(header.imageShape);
}

/** Where the labels start: after the names. */
function labelsAt(header: PackedHeader): number {
  return namesAt(header) + (header.names?.bytes ?? 0);
}

/** The labels of all images, in order; undefined if they have none. */
function readLabels(packed: PackedFile): StoredLabels | undefined {
  const { path, header } = packed;
  if (header.labels === undefined) {
    return undefined;
  }
  const { bytes: length, sha256 } = header.labels;
  if (length > mostLabelBytes(totalOf(header))) {
    throw corruptPackedFile(path, `it has ${length} bytes of labels`);
  }
  const bytes = new Uint8Array(length);
  packed.read(bytes, labelsAt(header));
  if (sha256Of([bytes]) !== sha256) {
    throw corruptPackedFile(path, 'its labels do not match their checksum');
  }
  const labels = labelsIn(bytes, totalOf(header));
  if (typeof labels === 'string') {
    throw corruptPackedFile(path, labels);
  }
  return labels;
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
  packed.read(bytes, namesAt(header));
  if (sha256Of([bytes]) !== sha256) {
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
