// Edits the parts of formats: chunks, entries, segments, headers. Checksums are recomputed, so that readers get past
// them.
import { crc32, gunzipSync, gzipSync } from 'node:zlib';
import { HEADER_BYTES } from '../../../data/packed/packedHeader.ts';
import type { RandomStream } from '../../../numeric/random.ts';
import { sha256 } from '../../../platform/sha256.node.ts';
import { mutateBytes } from './bytes.ts';
import { chance, oneOf } from './choice.ts';
import { mutateJson } from './texts.ts';

/** Edits bytes of one format. */
type Mutation = (bytes: Uint8Array, random: RandomStream, other: Uint8Array) => Uint8Array;

/** The editors by the ending of the file's name; other files have their bytes edited. */
export const containerMutations: Readonly<Record<string, Mutation>> = {
  png: (bytes, random, other) => edited(pngChunks(bytes), random, other),
  webp: (bytes, random, other) => edited(riffChunks(bytes), random, other),
  jpeg: (bytes, random, other) => edited(jpegSegments(bytes), random, other),
  avif: (bytes, random, other) => edited(boxes(bytes), random, other),
  tar: (bytes, random, other) => edited(tarBlocks(bytes), random, other),
  zip: zipRecords,
  npz: zipRecords,
  gz: (bytes, random, other) => gzipSync(mutateBytes(gunzipSync(bytes), other, random)),
  safetensors,
  images: packedHeader,
};

/** A part of a file, and how to make it valid after an edit. */
interface Part {
  readonly bytes: Uint8Array;
  /** The first bytes, which are recomputed, are not edited. */
  readonly from: number;
  seal?(bytes: Buffer): void;
}

/** Drops, doubles, swaps, moves or damages one part. */
function edited(parts: readonly Part[], random: RandomStream, other: Uint8Array): Uint8Array {
  const result = [...parts];
  const at = random.integer(result.length);
  const part = result[at]!;
  switch (random.integer(7)) {
    case 0:
      result.splice(at, 1);
      break;
    case 1:
      result.splice(at, 0, ...Array.from({ length: oneOf(random, [1, 2, 1000]) }, () => part));
      break;
    case 2: {
      const to = random.integer(result.length);
      [result[at], result[to]] = [result[to]!, part];
      break;
    }
    default: {
      const inner = mutateBytes(part.bytes.subarray(part.from), other, random);
      const bytes = Buffer.concat([part.bytes.subarray(0, part.from), inner]);
      part.seal?.(bytes);
      result[at] = { ...part, bytes };
    }
  }
  return Buffer.concat(result.map(({ bytes }) => bytes));
}

/** Cuts bytes into parts with the lengths of `lengthAt`; the rest is the last part. */
function cut(
  bytes: Uint8Array,
  start: number,
  lengthAt: (file: Buffer, at: number) => number,
  { from, seal }: Pick<Part, 'from' | 'seal'>,
): Part[] {
  const file = Buffer.from(bytes);
  const parts: Part[] = start > 0 ? [{ bytes: file.subarray(0, start), from: 0 }] : [];
  let at = start;
  while (at + 8 < file.length) {
    const length = lengthAt(file, at);
    if (!(length > 0) || at + length > file.length) {
      break;
    }
    parts.push({ bytes: file.subarray(at, at + length), from, ...(seal && { seal }) });
    at += length;
  }
  return [...parts, { bytes: file.subarray(at), from: 0 }];
}

function pngChunks(bytes: Uint8Array): Part[] {
  return cut(bytes, 8, (file, at) => 12 + file.readUInt32BE(at), {
    from: 8,
    seal(chunk) {
      if (chunk.length >= 12) {
        chunk.writeUInt32BE(chunk.length - 12);
        chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
      }
    },
  });
}

function riffChunks(bytes: Uint8Array): Part[] {
  const padded = (length: number): number => length + (length % 2);
  return cut(bytes, 12, (file, at) => 8 + padded(file.readUInt32LE(at + 4)), { from: 8 });
}

function jpegSegments(bytes: Uint8Array): Part[] {
  const isSegment = (file: Buffer, at: number): boolean => file[at] === 0xff && file[at + 1]! >= 0xc0;
  return cut(bytes, 2, (file, at) => (isSegment(file, at) ? 2 + file.readUInt16BE(at + 2) : 0), { from: 4 });
}

/** The boxes of ISO media files such as AVIF. */
function boxes(bytes: Uint8Array): Part[] {
  return cut(bytes, 0, (file, at) => file.readUInt32BE(at), { from: 8 });
}

function tarBlocks(bytes: Uint8Array): Part[] {
  return cut(bytes, 0, () => 512, {
    from: 0,
    seal(block) {
      if (block.subarray(257, 262).toString() === 'ustar') {
        block.fill(' ', 148, 156);
        const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0);
        block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
      }
    },
  });
}

/** Edits a record of a zip archive: a local header, an entry of the directory, or its end. */
function zipRecords(bytes: Uint8Array, random: RandomStream, other: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes);
  const starts: number[] = [];
  for (let at = file.indexOf('PK'); at >= 0; at = file.indexOf('PK', at + 2)) {
    starts.push(at);
  }
  const start = oneOf(random, starts);
  const record = file.subarray(start, start + 64);
  return Buffer.concat([
    file.subarray(0, start),
    mutateBytes(record, other, random),
    file.subarray(start + record.length),
  ]);
}

/** Edits the header of a safetensors file. */
function safetensors(bytes: Uint8Array, random: RandomStream): Uint8Array {
  const file = Buffer.from(bytes);
  const length = Number(file.readBigUInt64LE());
  const text = Buffer.from(mutateJson(file.subarray(8, 8 + length).toString(), random));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(chance(random, 0.9) ? text.length : random.integer(2 ** 32)));
  return Buffer.concat([size, text, file.subarray(8 + length)]);
}

/** Edits the header of a prepared file. */
function packedHeader(bytes: Uint8Array, random: RandomStream): Uint8Array {
  const file = Buffer.from(bytes);
  const headerEnd = file.indexOf('\n', file.indexOf('\n') + 1);
  const [line = '', json = ''] = file.subarray(0, headerEnd).toString().split('\n');
  const text = mutateJson(json, random);
  const magic = line.split(' ').slice(0, 2).join(' ');
  const header = Buffer.from(`${magic} ${sha256([text])}\n${text}\n`);
  const padded = Buffer.alloc(Math.max(HEADER_BYTES, header.length), ' ');
  header.copy(padded);
  return Buffer.concat([padded, file.subarray(HEADER_BYTES)]);
}
