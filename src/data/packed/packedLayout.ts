// The layout of packed files: a header of two lines of text, the images, and their names, labels and checksums.

import * as z from 'zod/mini';
import { UserError } from '../../core/errors.ts';
import { bytesOfValue, countElements, type ValueKind, valueKinds } from '../../core/numeric/index.ts';
import { sha256 as sha256Of } from '../../core/platform/sha256.node.ts';
import { LONGEST_CLASS_NAME, MOST_CLASSES, splitNames } from '../contract/dataset.ts';
import { parsedJson } from '../files/jsonText.ts';
import { dataView, latin1Text } from '../formats/bytes.ts';
import { crc32 } from '../formats/compression.node.ts';

/** The start of a packed file. */
const magic = 'emerging-images';
const version = 5;

/** Where the images start, after two lines of text padded with spaces. */
export const HEADER_BYTES = 16_384;

/** Whether a file starts as packed files do. */
export function isPacked(start: Uint8Array): boolean {
  return latin1Text(start.subarray(0, magic.length + 1)) === `${magic} `;
}

const count = z.int().check(z.minimum(0));
const length = z.int().check(z.minimum(1));
const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));
/** A part of the file after the images. */
const part = z.object({
  /** Its length. */
  bytes: count,
  /** SHA-256, in hexadecimal. */
  sha256,
});
const headerSchema = z.object({
  /** Height, width and channels of every image. */
  imageShape: z.tuple([length, length, length]),
  /** The kind of their values, little-endian; omitted for 8-bit integers. */
  values: z.optional(z.enum(valueKinds)),
  /** The number of images of each split. */
  counts: z.object({
    /** For training. */
    train: count,
    /**
     * For model selection; omitted if these are held out from the training images when the file is opened.
     */
    validation: z.optional(count),
    /** For the final evaluation. */
    test: count,
  }),
  /** SHA-256 of all images, in hexadecimal. */
  sha256,
  /** SHA-256 of the images of each split. */
  splits: z.object({
    /** Of the training images. */
    train: sha256,
    /** Of the validation images, if the file has any. */
    validation: z.optional(sha256),
    /** Of the test images. */
    test: sha256,
  }),
  /** The names of the images, after the images. */
  names: part,
  /** The labels of the images, after their names; omitted if they have none. */
  labels: z.optional(part),
  /** The CRC-32 of each image, after the labels. */
  checksums: part,
  /** The name or path of the source dataset. */
  source: z.string(),
  /** How it was prepared. */
  settings: z.record(z.string(), z.union([z.string(), z.number()])),
  /** How many source images were affected, by what: `damaged`, `enlarged`, `palette`, … */
  notes: z.record(z.string(), z.number()),
});

/** The header of a packed file. */
export type PackedHeader = z.infer<typeof headerSchema>;

/** The bytes of a packed file. */
export interface PackedBytes {
  /** Its path, for errors. */
  readonly path: string;
  readonly size: number;
  /** Whether they are in memory, so that images are not verified again when they are read. */
  readonly isInMemory: boolean;
  /** Fills `out` from a position; throws UserError if it cannot. */
  read(out: Uint8Array, position: number): void;
}

/** A packed file whose header has been read. */
export interface PackedFile extends PackedBytes {
  readonly header: PackedHeader;
}

/**
 * The bytes before the images: `emerging-images VERSION SHA-256-OF-THE-NEXT-LINE`, the header as JSON, and spaces.
 */
export function headerBytes(header: PackedHeader): Uint8Array {
  const json = JSON.stringify(header);
  const text = new TextEncoder().encode(`${magic} ${version} ${sha256Of([json])}\n${json}\n`);
  if (text.length >= HEADER_BYTES) {
    throw new RangeError(`a header of ${text.length} bytes does not fit into ${HEADER_BYTES}`);
  }
  const bytes = new Uint8Array(HEADER_BYTES).fill(0x20);
  bytes.set(text);
  bytes[HEADER_BYTES - 1] = 0x0a;
  return bytes;
}

/**
 * Reads the header of a file from its start, which is `HEADER_BYTES` long unless the file is shorter.
 *
 * @throws UserError with the path if it is missing, corrupt or of another version
 */
export function readHeader(path: string, start: Uint8Array): PackedHeader {
  if (start.length < HEADER_BYTES) {
    throw corruptPackedFile(path, `it ends after ${start.length} bytes`);
  }
  const [line = '', json = ''] = new TextDecoder().decode(start).split('\n');
  const [, fileVersion, checksum] = /^emerging-images (\d+) (.*)$/.exec(line) ?? [];
  if (fileVersion !== undefined && Number(fileVersion) !== version) {
    throw new UserError(
      'invalid-data',
      `${path}: a prepared file of version ${fileVersion}, but only version ${version} is supported; prepare it again`,
    );
  }
  if (checksum !== sha256Of([json])) {
    throw corruptPackedFile(path, 'its header does not match its checksum');
  }
  const value = parsedJson(json);
  if (value === undefined) {
    throw corruptPackedFile(path, 'its header is not valid JSON');
  }
  const { data, error } = headerSchema.safeParse(value);
  if (error) {
    throw corruptPackedFile(path, `its header is incomplete or invalid: ${error.issues[0]!.path.join('.')}`);
  }
  return data;
}

/** The error for a corrupt packed file. */
export function corruptPackedFile(path: string, why: string, cause?: unknown): UserError {
  return new UserError('invalid-data', `${path}: corrupt: ${why}; prepare it again`, { cause });
}

/** The number of images in all splits. */
export function totalCount({ counts }: PackedHeader): number {
  return counts.train + (counts.validation ?? 0) + counts.test;
}

/** The kind of the values of the images. */
export function kindIn({ values = 'uint8' }: Pick<PackedHeader, 'values'>): ValueKind {
  return values;
}

/** The bytes of one image. */
export function imageBytesIn(header: PackedHeader): number {
  return countElements(header.imageShape) * bytesOfValue(kindIn(header));
}

/** The bytes of one checksum. */
const CHECKSUM_BYTES = 4;
/** The most wrong images named in an error. */
const MOST_LISTED = 3;

/**
 * Checksums as bytes: the CRC-32 of each image, 32 bits, little-endian. One per image rather than per block: batches read single
 * images at random places, and verifying one must not require reading others.
 */
export function checksumBytes(checksums: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(CHECKSUM_BYTES * checksums.length);
  const view = dataView(bytes);
  checksums.forEach((checksum, index) => {
    view.setUint32(CHECKSUM_BYTES * index, checksum, true);
  });
  return bytes;
}

/**
 * Adds the positions in the file of images that don't match their checksums.
 *
 * @param images consecutive images, from position `first`, of `size` bytes each
 */
export function collectWrong(
  wrong: Set<number>,
  images: Uint8Array,
  { size, first, checksums }: { size: number; first: number; checksums: Uint32Array },
): void {
  for (let offset = 0; offset < images.length; offset += size) {
    const position = first + offset / size;
    if (crc32(images.subarray(offset, offset + size)) !== checksums[position]) {
      wrong.add(position);
    }
  }
}

/** Throws UserError with the names of the wrong images, given by their positions in the file, if there are any. */
export function requireNoneWrong({ path, header }: PackedFile, wrong: ReadonlySet<number>): void {
  if (wrong.size > 0) {
    const listed = [...wrong].slice(0, MOST_LISTED).map((position) => nameInSplit(header, position));
    const others = wrong.size > MOST_LISTED ? ` and ${wrong.size - MOST_LISTED} more` : '';
    const problem = wrong.size === 1 ? 'does not match its checksum' : 'do not match their checksums';
    throw corruptPackedFile(path, `${listed.join(', ')}${others} ${problem}`);
  }
}

/** For example `image 3 of test`. */
function nameInSplit({ counts }: PackedHeader, position: number): string {
  let index = position;
  for (const split of splitNames) {
    const count = counts[split] ?? 0;
    if (index < count) {
      return `image ${index} of ${split}`;
    }
    index -= count;
  }
  throw new RangeError(`no image ${position}`);
}

interface StoredLabels {
  readonly classes: readonly string[];
  readonly numbers: ArrayLike<number>;
}

const classesSchema = z
  .array(z.string().check(z.maxLength(LONGEST_CLASS_NAME)))
  .check(z.minLength(1), z.maxLength(MOST_CLASSES));
const newLine = 0x0a;

/** The most bytes for the labels of a number of images: six bytes for each character of a name, in JSON. */
function mostLabelBytes(images: number): number {
  return MOST_CLASSES * (6 * LONGEST_CLASS_NAME + 3) + 2 + 2 * images;
}

/** Labels as bytes: a line with the names of the classes as JSON, then the number of each image's class, 16 bits, little-endian. */
export function labelBytes({ classes, numbers }: StoredLabels): Uint8Array {
  const line = new TextEncoder().encode(`${JSON.stringify(classes)}\n`);
  const bytes = new Uint8Array(line.length + 2 * numbers.length);
  bytes.set(line);
  const view = new DataView(bytes.buffer, line.length);
  for (let index = 0; index < numbers.length; index++) {
    view.setUint16(2 * index, numbers[index]!, true);
  }
  return bytes;
}

/** The labels of a number of images in these bytes, or what is wrong with them, in words. */
function labelsIn(bytes: Uint8Array, images: number): StoredLabels | string {
  const end = bytes.indexOf(newLine) + 1;
  const { data: classes } = classesSchema.safeParse(
    parsedJson(new TextDecoder().decode(bytes.subarray(0, end))),
  );
  if (classes === undefined) {
    return 'its class names are not a JSON array of strings';
  }
  const labelCount = (bytes.length - end) / 2;
  if (labelCount !== images) {
    return `it has ${labelCount} labels for ${images} images`;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + end);
  const numbers = Uint16Array.from({ length: images }, (_, index) => view.getUint16(2 * index, true));
  const wrong = numbers.findIndex((number) => number >= classes.length);
  return wrong === -1
    ? { classes, numbers }
    : `image ${wrong} has label ${numbers[wrong]}, but there are ${classes.length} classes`;
}

/** The parts after the images, in order. */
const parts = ['names', 'labels', 'checksums'] as const;
/** The largest mean length of a name in JSON: six bytes for each of the 4,096 characters of a path. */
const mostNameBytes = 6 * 4096;

/** The start of a part after the images; without a name, the end of the file. */
export function partAt(header: PackedHeader, name?: (typeof parts)[number]): number {
  const before = parts.slice(0, name && parts.indexOf(name));
  return before.reduce(
    (position, part) => position + (header[part]?.bytes ?? 0),
    HEADER_BYTES + totalCount(header) * imageBytesIn(header),
  );
}

/** The bytes of a part after the images, checked; undefined if the file does not have it. */
function readPart(packed: PackedFile, name: (typeof parts)[number], limit: number): Uint8Array | undefined {
  const { path, header } = packed;
  const part = header[name];
  if (part === undefined) {
    return undefined;
  }
  if (part.bytes > limit) {
    throw corruptPackedFile(path, `it has ${part.bytes} bytes of ${name}`);
  }
  const bytes = new Uint8Array(part.bytes);
  packed.read(bytes, partAt(header, name));
  if (sha256Of([bytes]) !== part.sha256) {
    throw corruptPackedFile(path, `its ${name} do not match their checksum`);
  }
  return bytes;
}

/** The labels of all images, in order; undefined if they have none. */
export function readLabels(packed: PackedFile): StoredLabels | undefined {
  const total = totalCount(packed.header);
  const bytes = readPart(packed, 'labels', mostLabelBytes(total));
  const labels = bytes && labelsIn(bytes, total);
  if (typeof labels === 'string') {
    throw corruptPackedFile(packed.path, labels);
  }
  return labels;
}

/** The names of all images, in order. */
export function readNames(packed: PackedFile): string[] {
  const { path, header } = packed;
  const bytes = readPart(packed, 'names', mostNameBytes * totalCount(header))!;
  const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1);
  if (lines.length !== totalCount(header)) {
    throw corruptPackedFile(path, `it has ${lines.length} names for ${totalCount(header)} images`);
  }
  return lines.map((line) => {
    const name = parsedJson(line);
    if (typeof name !== 'string') {
      throw corruptPackedFile(path, `its name ${line.slice(0, 100)} is not a JSON string`);
    }
    return name;
  });
}

/** The checksums of all images, in order. */
export function readChecksums(packed: PackedFile): Uint32Array {
  const total = totalCount(packed.header);
  const view = dataView(readPart(packed, 'checksums', CHECKSUM_BYTES * total)!);
  const checksums = Uint32Array.from({ length: Math.floor(view.byteLength / CHECKSUM_BYTES) }, (_, index) =>
    view.getUint32(CHECKSUM_BYTES * index, true),
  );
  if (checksums.length !== total) {
    throw corruptPackedFile(packed.path, `it has ${checksums.length} checksums for ${total} images`);
  }
  return checksums;
}
