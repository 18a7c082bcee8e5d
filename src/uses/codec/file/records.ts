// The records of a compressed file: each has checksums of its own, so that damage to one costs no other.

import { option, phrase, UserError } from '../../../core/errors.ts';
import { sha256, startSha256 } from '../../../core/platform/sha256.node.ts';
import type { RandomAccess } from '../../../data/files/index.ts';
import { crc32 } from '../../../data/formats/compression.node.ts';

/** The kind of a record. */
type RecordKind = 'block' | 'end';

/** A record: some description in JSON, and bytes. */
interface FileRecord {
  readonly kind: RecordKind;
  /** Its number among the records of the file, from 0. */
  readonly number: number;
  /** What the bytes are. */
  readonly about: string;
  readonly bytes: Uint8Array;
}

/** Records begin with these bytes, big-endian; what follows is checked, since they may occur anywhere. */
const MARK = 0xef6c0d0a;
const kinds: readonly RecordKind[] = ['block', 'end'];

/*
 * A head: 4 bytes MARK; u32 kind; u32 number; u32 bytes of the description; u32 other bytes; 8 bytes of the SHA-256 of
 * both; u32 CRC-32 of all before. Other numbers are little-endian.
 */
const HEAD_BYTES = 32;

/** The most bytes of a description, which is parsed as a whole. */
const MOST_ABOUT = 2 ** 22;

/** The first 8 bytes of SHA-256, in hexadecimal. */
export function shortSha256(parts: Iterable<Uint8Array | string>): string {
  return sha256(parts).slice(0, 16);
}

/** The SHA-256 of a range of a file, in hexadecimal; only a part of the range is in memory at a time. */
export async function sha256Between(file: RandomAccess, start: number, end: number): Promise<string> {
  const hash = startSha256();
  for (let position = start; position < end; position += HASH_BYTES) {
    hash.update(await file.read(position, Math.min(HASH_BYTES, end - position)));
  }
  return hash.digest();
}

/** Bytes that are hashed at once. */
const HASH_BYTES = 2 ** 20;

/**
 * The bytes of a record.
 *
 * @throws UserError (`unsupported`) if its description is too long
 */
export function encodeRecord({ kind, number, about, bytes }: FileRecord): Uint8Array {
  const description = new TextEncoder().encode(about);
  if (description.length > MOST_ABOUT) {
    throw new UserError(
      'unsupported',
      phrase`the names of the images in block ${number} take ${description.length} bytes (limit ${MOST_ABOUT}): use a smaller ${option('block', 'N')}, or shorter names`,
    );
  }
  const record = new Uint8Array(HEAD_BYTES + description.length + bytes.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, MARK);
  [kinds.indexOf(kind), number, description.length, bytes.length].forEach((value, index) => {
    view.setUint32(4 + 4 * index, value, true);
  });
  view.setBigUint64(20, BigInt(`0x${shortSha256([description, bytes])}`));
  view.setUint32(28, crc32(record.subarray(0, 28)), true);
  record.set(description, HEAD_BYTES);
  record.set(bytes, HEAD_BYTES + description.length);
  return record;
}

/** A record found in a file. */
export interface FoundRecord {
  readonly kind: RecordKind;
  readonly number: number;
  /** Where it begins, and where it ends. */
  readonly start: number;
  readonly end: number;
  /** The number of bytes after its description. */
  readonly bytes: number;
  /** Its description, unchecked; undefined if it is cut off. */
  readAbout(): Promise<string | undefined>;
  /** Its other bytes, unchecked. */
  readBytes(): Promise<Uint8Array>;
  /** Whether no byte of it is damaged. It reads them all, so check first that the description can be right. */
  isSound(): Promise<boolean>;
}

/** Bytes that are searched at once, after a window without the head of a record. */
const SEARCH_BYTES = 2 ** 20;

/** Bytes that are read at once. */
const WINDOW_BYTES = 2 ** 16;

/** A file, read in windows: a short record after another would otherwise cost several reads each. */
interface WindowedFile extends RandomAccess {
  /** The bytes from an offset to the end of a window, at least `length` unless the file ends. */
  readFrom(offset: number, length: number): Promise<Uint8Array>;
}

function inWindows(file: RandomAccess): WindowedFile {
  let window = { start: 0, bytes: new Uint8Array(0) as Uint8Array };
  const readFrom = async (offset: number, length: number): Promise<Uint8Array> => {
    const { start, bytes } = window;
    if (offset >= start && offset + length <= start + bytes.length) {
      return bytes.subarray(offset - start);
    }
    // Records are read concurrently: another read may have replaced `window` by the time this one ends.
    const read = await file.read(offset, Math.min(WINDOW_BYTES, file.size - offset));
    window = { start: offset, bytes: read };
    return read;
  };
  return {
    size: file.size,
    readFrom,
    read: async (offset, length) =>
      length > WINDOW_BYTES || offset + length > file.size
        ? file.read(offset, length)
        : (await readFrom(offset, length)).subarray(0, length),
  };
}

/**
 * The records of a file from a position on, in order. Where none begins, the next one is searched for, so that a damaged
 * head costs only its record.
 */
export async function* recordsIn(file: RandomAccess, from: number): AsyncGenerator<FoundRecord> {
  const windowed = inWindows(file);
  let position = from;
  let isLost = false;
  while (position + HEAD_BYTES <= file.size) {
    const bytes: Uint8Array = isLost
      ? await file.read(position, Math.min(SEARCH_BYTES, file.size - position))
      : await windowed.readFrom(position, HEAD_BYTES);
    const record = firstRecord(windowed, bytes, position);
    isLost = record === undefined && bytes.length >= WINDOW_BYTES;
    // A head may begin in the last bytes.
    position = record?.end ?? position + bytes.length - HEAD_BYTES + 1;
    if (record !== undefined) {
      yield record;
    }
  }
}

/** The first record whose head is within these bytes, read at `position`; undefined if there is none. */
function firstRecord(file: RandomAccess, bytes: Uint8Array, position: number): FoundRecord | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let index = 0; index + HEAD_BYTES <= bytes.length; index++) {
    if (view.getUint32(index) === MARK) {
      const record = recordWith(bytes.subarray(index, index + HEAD_BYTES), file, position + index);
      if (record) {
        return record;
      }
    }
  }
  return undefined;
}

/** The record at `start`, read from its head, whose mark has been checked; undefined if the rest of the head is invalid. */
function recordWith(head: Uint8Array, file: RandomAccess, start: number): FoundRecord | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const kind = kinds[view.getUint32(4, true)];
  const aboutBytes = view.getUint32(12, true);
  // The checksum is last, since it takes longest: a file may be full of marks.
  if (
    kind === undefined ||
    aboutBytes > MOST_ABOUT ||
    view.getUint32(28, true) !== crc32(head.subarray(0, 28))
  ) {
    return undefined;
  }
  const [number, bytes] = [view.getUint32(8, true), view.getUint32(16, true)];
  const checksum = view.getBigUint64(20).toString(16).padStart(16, '0');
  const from = start + HEAD_BYTES;
  const end = from + aboutBytes + bytes;
  return {
    kind,
    number,
    start,
    end,
    bytes,
    readAbout: async () =>
      from + aboutBytes > file.size ? undefined : new TextDecoder().decode(await file.read(from, aboutBytes)),
    readBytes: () => file.read(end - bytes, bytes),
    isSound: async () => end <= file.size && (await sha256Between(file, from, end)).startsWith(checksum),
  };
}
