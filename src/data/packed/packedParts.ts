// The parts after the images of a packed file: names, labels and checksums, each with a SHA-256 in the header.
import * as z from 'zod/mini';
import { sha256 as sha256Of } from '../../platform/sha256.node.ts';
import { CHECKSUM_BYTES, checksumsIn } from './packedChecksums.ts';
import {
  corruptPackedFile,
  HEADER_BYTES,
  imageBytesIn,
  type PackedFile,
  type PackedHeader,
  totalOf,
} from './packedHeader.ts';
import { labelsIn, mostLabelBytes, type StoredLabels } from './packedLabels.ts';

/** The parts after the images, in order. */
const parts = ['names', 'labels', 'checksums'] as const;
/** The largest mean length of a name in JSON: six bytes for each of the 4,096 characters of a path. */
const mostNameBytes = 6 * 4096;

/** The start of a part after the images; without a name, the end of the file. */
export function partAt(header: PackedHeader, name?: (typeof parts)[number]): number {
  const before = parts.slice(0, name && parts.indexOf(name));
  return before.reduce(
    (position, part) => position + (header[part]?.bytes ?? 0),
    HEADER_BYTES + totalOf(header) * imageBytesIn(header),
  );
}

/**
 * The bytes of a part after the images; undefined if the file does not have it.
 *
 * @throws UserError if they do not match their checksum, or are more than `most`
 */
function readPart(packed: PackedFile, name: (typeof parts)[number], most: number): Uint8Array | undefined {
  const { path, header } = packed;
  const part = header[name];
  if (part === undefined) {
    return undefined;
  }
  if (part.bytes > most) {
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
  const total = totalOf(packed.header);
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
  const bytes = readPart(packed, 'names', mostNameBytes * totalOf(header))!;
  const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1);
  if (lines.length !== totalOf(header)) {
    throw corruptPackedFile(path, `it has ${lines.length} names for ${totalOf(header)} images`);
  }
  return lines.map((line) => nameIn(line, path));
}

/** The checksums of all images, in order. */
export function readChecksums(packed: PackedFile): Uint32Array {
  const total = totalOf(packed.header);
  const checksums = checksumsIn(readPart(packed, 'checksums', CHECKSUM_BYTES * total)!);
  if (checksums.length !== total) {
    throw corruptPackedFile(packed.path, `it has ${checksums.length} checksums for ${total} images`);
  }
  return checksums;
}

function nameIn(line: string, path: string): string {
  try {
    return z.string().parse(JSON.parse(line));
  } catch (cause) {
    throw corruptPackedFile(path, `its name ${line.slice(0, 100)} is not a JSON string`, cause);
  }
}
