// The header of a packed file: two lines of text that say what images follow.
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { z } from 'zod';
import { UserError } from '../../errors.ts';

/** With which a packed file begins. */
export const magic = 'emerging-images';
const version = 1;

/** Where the images begin: before it stand two lines of text, filled up with spaces. */
export const HEADER_BYTES = 16_384;

/** The splits of a packed file, in the order in which their images lie in it. */
export const packedSplits = ['train', 'validation', 'test'] as const;

const count = z.int().min(0);
const headerSchema = z.object({
  /** Height, width and channels of every image. */
  imageShape: z.tuple([z.int().min(1), z.int().min(1), z.int().min(1)]),
  /** The number of images of each split. */
  counts: z.object({
    /** To train on. */
    train: count,
    /** To choose models by; left out where it is to be held out of train. */
    validation: count.optional(),
    /** For the last word on a model. */
    test: count,
  }),
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

/**
 * Reads the header of an open file.
 *
 * @throws UserError with the path if there is none, it is damaged, or of another version
 */
export function readHeader(path: string, file: number): PackedHeader {
  const bytes = Buffer.alloc(HEADER_BYTES);
  const length = readSync(file, bytes, 0, HEADER_BYTES, 0);
  if (length < HEADER_BYTES) {
    throw damaged(path, `it ends after ${length} bytes`);
  }
  const [line = '', json = ''] = bytes.toString('utf8').split('\n');
  const [, found, checksum] = /^emerging-images (\d+) (.*)$/.exec(line) ?? [];
  if (found !== undefined && Number(found) !== version) {
    throw new UserError(
      'invalid-data',
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

/** The error for a packed file that is not as it was prepared. */
export function damaged(path: string, why: string): UserError {
  return new UserError('invalid-data', `${path}: damaged: ${why}; prepare it again`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
