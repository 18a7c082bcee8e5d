// The records of a compressed file: each has checksums of its own, so that damage to one costs no other.
import { crc32 } from '../../data/formats/compression.node.ts';
import { sha256 } from '../../platform/sha256.node.ts';
import type { RandomAccess } from '../../storage/randomAccess.ts';

/** The kind of a record. */
type RecordKind = 'block' | 'end';

/** A record: some description in JSON, and bytes. */
export interface FileRecord {
  readonly kind: RecordKind;
  /** Its number among the records of the file, from 0. */
  readonly number: number;
  /** What the bytes are. */
  readonly about: string;
  readonly bytes: Uint8Array;
}

/** Records begin with these bytes; what follows is checked, since they may occur anywhere. */
const MARK = Uint8Array.of(0xef, 0x6c, 0x0d, 0x0a);
const kinds: readonly RecordKind[] = ['block', 'end'];

/*
 * A head: 4 bytes MARK; u32 kind; u32 number; u32 bytes of the description; u32 other bytes; 8 bytes of the SHA-256 of
 * both; u32 CRC-32 of all before. Numbers are little-endian.
 */
const HEAD_BYTES = 32;

/** The most bytes of a description. */
const MOST_ABOUT = 2 ** 26;

/** The first 8 bytes of SHA-256, in hexadecimal. */
export function shortSha256(parts: Iterable<Uint8Array | string>): string {
  return sha256(parts).slice(0, 16);
}

/** The bytes of a record. */
export function encodeRecord({ kind, number, about, bytes }: FileRecord): Uint8Array {
  const description = new TextEncoder().encode(about);
  const record = new Uint8Array(HEAD_BYTES + description.length + bytes.length);
  record.set(MARK);
  const view = new DataView(record.buffer);
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
  /** Reads it; undefined if it is damaged. */
  read(): Promise<FileRecord | undefined>;
  /** Its description, unchecked; undefined if it is cut off. */
  readUnchecked(): Promise<string | undefined>;
}

/**
 * The records of a file from a position on, in order. Where none begins, the next one is searched for, so that a damaged
 * head costs its record alone.
 */
export async function* recordsIn(file: RandomAccess, from: number): AsyncGenerator<FoundRecord> {
  let position = from;
  while (position + HEAD_BYTES <= file.size) {
    const found = await recordAt(file, position);
    if (found !== undefined) {
      yield found;
      position = found.end;
    } else {
      position = await nextMark(file, position + 1);
    }
  }
}

async function recordAt(file: RandomAccess, start: number): Promise<FoundRecord | undefined> {
  const head = await file.read(start, HEAD_BYTES);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const isHead =
    MARK.every((byte, index) => head[index] === byte) &&
    view.getUint32(28, true) === crc32(head.subarray(0, 28));
  const kind = kinds[view.getUint32(4, true)];
  const [number, aboutBytes, bytes] = [8, 12, 16].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
  ];
  if (!isHead || kind === undefined || aboutBytes > MOST_ABOUT) {
    return undefined;
  }
  const checksum = view.getBigUint64(20).toString(16).padStart(16, '0');
  const from = start + HEAD_BYTES;
  const end = from + aboutBytes + bytes;
  const textOf = (about: Uint8Array): string => new TextDecoder().decode(about);
  return {
    kind,
    number,
    start,
    end,
    async read() {
      if (end > file.size) {
        return undefined;
      }
      const body = await file.read(from, aboutBytes + bytes);
      if (shortSha256([body]) !== checksum) {
        return undefined;
      }
      const about = textOf(body.subarray(0, aboutBytes));
      return { kind, number, about, bytes: body.subarray(aboutBytes) };
    },
    async readUnchecked() {
      return from + aboutBytes > file.size ? undefined : textOf(await file.read(from, aboutBytes));
    },
  };
}

/** Bytes that are searched at once. */
const SEARCHED = 2 ** 16;

/** The first position from `from` on where a mark is; the end of the file if there is none. */
async function nextMark(file: RandomAccess, from: number): Promise<number> {
  for (let start = from; start < file.size; start += SEARCHED) {
    const bytes = await file.read(start, Math.min(SEARCHED + MARK.length - 1, file.size - start));
    for (let at = bytes.indexOf(MARK[0]!); at >= 0; at = bytes.indexOf(MARK[0]!, at + 1)) {
      if (MARK.every((byte, index) => bytes[at + index] === byte)) {
        return start + at;
      }
    }
  }
  return file.size;
}
