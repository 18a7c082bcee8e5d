// The start of a compressed file: what it is, how to read it, and the model, unless it is named.

import * as z from 'zod/mini';
import { UserError } from '../../../core/errors.ts';
import type { ImageShape } from '../../../core/numeric/index.ts';
import { sha256 } from '../../../core/platform/sha256.node.ts';
import { maxSide } from '../../../data/contract/index.ts';
import { maxBytesAtOnce, parsedJson, type RandomAccess } from '../../../data/files/index.ts';
import type { WeightExponents } from '../../../model/index.ts';
import { sha256Between, shortSha256 } from './records.ts';

/** Like PNG's: a byte that is not ASCII, a name, and line ends that a transfer as text would change. */
const MAGIC = Uint8Array.of(0x89, 0x45, 0x46, 0x4c, 0x0d, 0x0a, 0x1a, 0x0a);

/** The version of the format, which changes with anything that changes a pixel or a bit. */
const VERSION = 1;

/* MAGIC; u32 version; u32 bytes of the description; 8 bytes of its SHA-256; the description; the model. */
const START_BYTES = 24;
const MOST_ABOUT = 2 ** 20;

/** The end of names of compressed files. */
const COMPRESSED_ENDING = '.eflow';

const length = z.int().check(z.positive(), z.maximum(maxSide));
const aboutSchema = z.object({
  /** The fingerprint of the model. */
  model: z.string(),
  /**
   * The size of the model in the file and its SHA-256, and how its weights were rounded, so that the model before rounding can
   * replace it if it is damaged; missing if the model has to be named.
   */
  embedded: z.optional(
    z.object({
      bytes: z.int().check(z.nonnegative(), z.maximum(maxBytesAtOnce)),
      sha256: z.string(),
      exponents: z.optional(z.array(z.int())),
    }),
  ),
  /** Height, width and channels of the images that the model takes. */
  imageShape: z.tuple([length, length, length]),
  /** What computes the networks: another one may compute other bits. */
  runtime: z.string(),
  /** Whether images are cut into tiles of this shape. */
  tiles: z.boolean(),
});

/** The header of a compressed file. */
export interface FileHeader extends Omit<z.infer<typeof aboutSchema>, 'embedded' | 'imageShape'> {
  readonly imageShape: ImageShape;
}

/** The model in a file: its bytes, and the exponents of its weights if these are small. */
export interface EmbeddedModel {
  readonly bytes: Uint8Array;
  readonly exponents?: WeightExponents | undefined;
}

/** The start of a file. */
export function encodeHeader(header: FileHeader, embeddedModel: EmbeddedModel | undefined): Uint8Array {
  const { bytes: model, exponents } = embeddedModel ?? {};
  const embedded = model && { bytes: model.length, sha256: sha256([model]), exponents };
  const about = new TextEncoder().encode(JSON.stringify({ ...header, ...(embedded && { embedded }) }));
  const bytes = new Uint8Array(START_BYTES + about.length + (model?.length ?? 0));
  bytes.set(MAGIC);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, about.length, true);
  view.setBigUint64(16, BigInt(`0x${shortSha256([about])}`));
  bytes.set(about, START_BYTES);
  bytes.set(model ?? [], START_BYTES + about.length);
  return bytes;
}

/** Whether a file that begins with these bytes, at least 8, is one of compressed images. */
export function isCompressed(start: Uint8Array): boolean {
  return MAGIC.every((byte, index) => start[index] === byte);
}

/** The start of a file, read. */
export interface ReadHeader extends FileHeader {
  /** Where the records begin. */
  readonly end: number;
  /** The size of the model in the file, which is before the records; 0 if it has none. */
  readonly modelBytes: number;
  /** How the weights of that model were rounded; undefined if it has none, or with weights as they were. */
  readonly exponents: WeightExponents | undefined;
  /** Whether the model in the file is damaged or cut off; false if it has none. Its bytes are hashed once. */
  isModelDamaged(): Promise<boolean>;
}

/**
 * Reads the start of a file.
 *
 * @param source the file, for errors
 * @throws UserError (`invalid-data`) if it is damaged or another kind of file, (`unsupported`) if a newer version wrote it
 */
export async function readHeader(file: RandomAccess, source: string): Promise<ReadHeader> {
  const start = await file.read(0, Math.min(file.size, START_BYTES));
  if (!isCompressed(start)) {
    throw new UserError(
      'invalid-data',
      `${source} is not a file of compressed images; name one (its name usually ends in ${COMPRESSED_ENDING})`,
    );
  }
  const damaged = (): UserError =>
    new UserError(
      'invalid-data',
      `${source} can't be read: its header is damaged or cut off; use another copy`,
    );
  if (start.length < START_BYTES) {
    throw damaged();
  }
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const [version, length] = [view.getUint32(8, true), view.getUint32(12, true)];
  if (version !== VERSION) {
    throw new UserError(
      'unsupported',
      `${source} has version ${version} of the format, and this program reads version ${VERSION}: update the program`,
    );
  }
  if (length > MOST_ABOUT || START_BYTES + length > file.size) {
    throw damaged();
  }
  const about = await file.read(START_BYTES, length);
  if (view.getBigUint64(16) !== BigInt(`0x${shortSha256([about])}`)) {
    throw damaged();
  }
  const { data } = aboutSchema.safeParse(parsedJson(new TextDecoder().decode(about)));
  if (data === undefined) {
    throw damaged();
  }
  const { embedded, ...header } = data;
  const modelBytes = embedded?.bytes ?? 0;
  const modelStart = START_BYTES + length;
  const end = modelStart + modelBytes;
  const isDamaged = async (): Promise<boolean> =>
    embedded !== undefined &&
    (end > file.size || (await sha256Between(file, modelStart, end)) !== embedded.sha256);
  let damage: Promise<boolean> | undefined;
  return {
    ...header,
    end,
    modelBytes,
    exponents: embedded?.exponents,
    isModelDamaged() {
      damage ??= isDamaged();
      return damage;
    },
  };
}
