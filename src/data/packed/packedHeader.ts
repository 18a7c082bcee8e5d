// The header of a packed file: two lines of text that describe the images.
import * as z from 'zod/mini';
import { UserError } from '../../errors.ts';
import { sizeOf } from '../../numeric/ndarray.ts';
import { bytesOfValue, type ValueKind, valueKinds } from '../../numeric/values.ts';
import { sha256 as sha256Of } from '../../platform/sha256.node.ts';
import { charactersOf } from '../formats/bytes.ts';

/** The start of a packed file. */
const magic = 'emerging-images';
const version = 5;

/** Where the images start, after two lines of text padded with spaces. */
export const HEADER_BYTES = 16_384;

/** Whether a file starts as packed files do. */
export function isPacked(start: Uint8Array): boolean {
  return charactersOf(start.subarray(0, magic.length + 1)) === `${magic} `;
}

/** The splits of a packed file, in the order of their images. */
export const packedSplits = ['train', 'validation', 'test'] as const;

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
  const [, found, checksum] = /^emerging-images (\d+) (.*)$/.exec(line) ?? [];
  if (found !== undefined && Number(found) !== version) {
    throw new UserError(
      'invalid-data',
      `${path}: a prepared file of version ${found}, but only version ${version} is supported; prepare it again`,
    );
  }
  if (checksum !== sha256Of([json])) {
    throw corruptPackedFile(path, 'its header does not match its checksum');
  }
  const { data, error } = headerSchema.safeParse(parseHeader(path, json));
  if (error) {
    throw corruptPackedFile(path, `its header is incomplete or invalid: ${error.issues[0]!.path.join('.')}`);
  }
  return data;
}

function parseHeader(path: string, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw corruptPackedFile(path, 'its header is not valid JSON', cause);
  }
}

/** The error for a corrupt packed file. */
export function corruptPackedFile(path: string, why: string, cause?: unknown): UserError {
  return new UserError('invalid-data', `${path}: corrupt: ${why}; prepare it again`, { cause });
}

/** The number of images in all splits. */
export function totalOf({ counts }: PackedHeader): number {
  return counts.train + (counts.validation ?? 0) + counts.test;
}

/** The kind of the values of the images. */
export function kindIn({ values = 'uint8' }: Pick<PackedHeader, 'values'>): ValueKind {
  return values;
}

/** The bytes of one image. */
export function imageBytesIn(header: PackedHeader): number {
  return sizeOf(header.imageShape) * bytesOfValue(kindIn(header));
}
