// A PNG file cut down to what its pixels need, and checked, so that a decoder may take it on trust.
import { inflateSync } from 'node:zlib';
import { maxDecodedBytes } from '../rawImages.ts';
import { charactersOf, viewOf } from './bytes.ts';

/** The chunks that say what the pixels are; all others are texts, colour profiles and the like. */
const essential = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);

const signatureLength = 8;
/** Length, type and checksum of a chunk. */
const frameLength = 12;
/** Samples of a pixel by the header's type of colour. */
const samples: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** What the header says. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits a sample. */
  readonly depth: number;
  readonly interlaced: boolean;
}

/**
 * The header of a PNG file, and the file without anything that its pixels do not need.
 *
 * Decoders allocate what a header says and inflate whatever is there. So: one header, at the start; an image of at most
 * `maxDecodedBytes`; data that inflates to no more than this image.
 *
 * @throws Error if it is damaged
 */
export function essentialPng(bytes: Uint8Array): { header: PngHeader; bytes: Uint8Array } {
  const view = viewOf(bytes);
  const kept = [bytes.subarray(0, signatureLength)];
  const data: Uint8Array[] = [];
  let header: PngHeader | undefined;
  let bound = 0;
  for (let offset = signatureLength, type = ''; type !== 'IEND'; ) {
    const end =
      offset + frameLength <= bytes.length ? offset + frameLength + view.getUint32(offset) : Infinity;
    if (end > bytes.length) {
      throw new Error(`it ends after ${bytes.length} bytes`);
    }
    type = charactersOf(bytes.subarray(offset + 4, offset + 8));
    const content = bytes.subarray(offset + 8, end - 4);
    if ((type === 'IHDR') !== (header === undefined)) {
      throw new Error(header ? 'it has two headers' : 'it does not begin with a header');
    }
    if (type === 'IHDR') {
      ({ header, bound } = readHeader(content));
    }
    if (type === 'IDAT') {
      data.push(content);
    }
    if (essential.has(type)) {
      kept.push(bytes.subarray(offset, end));
    }
    offset = end;
  }
  // Only for the bound, and the checksum of the data: the decoder inflates it again.
  inflateSync(Buffer.concat(data), { maxOutputLength: bound });
  return { header: header!, bytes: Buffer.concat(kept) };
}

/** The header in its chunk, and how many bytes its data may have. */
function readHeader(chunk: Uint8Array): { header: PngHeader; bound: number } {
  if (chunk.length !== 13) {
    throw new Error(`its header has ${chunk.length} bytes`);
  }
  const view = viewOf(chunk);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, type, interlaced] = [view.getUint8(8), view.getUint8(9), view.getUint8(12) === 1];
  const channels = samples[type];
  if (channels === undefined) {
    throw new Error(`its header says colours of type ${type}`);
  }
  // Palettes become four channels, and few bits a byte each.
  const decoded = width * height * (type === 3 ? 4 : channels);
  if (width === 0 || height === 0 || decoded > maxDecodedBytes) {
    throw new Error(`its header says ${height}x${width} pixels`);
  }
  // A row has a byte for its filter, and may be filled up; interlacing makes less than twice as many rows.
  const rows = interlaced ? 2 * height + 8 : height;
  const bound = Math.ceil((height * width * channels * depth) / 8) + 2 * rows;
  return { header: { width, height, depth, interlaced }, bound };
}
