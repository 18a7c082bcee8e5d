// Files of a few kilobytes, in formats that sharp decodes, that would take much time or memory.
import { readFileSync } from 'node:fs';
import { fixture } from '../../data/fixtures/formula.ts';

/** A square grey progressive JPEG with this many scans; all but the first take a few bytes. */
export function jpegOfScans(side: number, scans: number): Uint8Array {
  const segment = (marker: number, content: readonly number[]): Buffer =>
    Buffer.from([0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 255, ...content]);
  const scan = (first: number, last: number, bits: number): Buffer =>
    segment(0xda, [1, 1, 0, first, last, bits]);
  /** A Huffman table with one code, the bit 0. */
  const table = (kind: number, value: number): Buffer =>
    segment(0xc4, [16 * kind, 1, ...new Array<number>(15).fill(0), value]);
  const sides = [side >> 8, side & 255, side >> 8, side & 255];
  const blocks = Math.ceil(side / 8) ** 2;
  const runs = Math.ceil(blocks / 32_767);
  // Runs of 32,767 empty blocks: the code and 14 bits of length.
  const bits = `0${'1'.repeat(14)}`.repeat(runs).padEnd(8 * Math.ceil((15 * runs) / 8), '1');
  const empty = (bits.match(/.{8}/g) ?? []).flatMap((byte) =>
    byte === '11111111' ? [0xff, 0] : [Number.parseInt(byte, 2)],
  );
  const parts = [
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, [0, ...new Array<number>(64).fill(1)]),
    segment(0xc2, [8, ...sides, 1, 1, 0x11, 0]),
    table(0, 0),
    table(1, 0xe0),
    scan(0, 0, 0),
    Buffer.alloc(Math.ceil(blocks / 8)),
  ];
  for (let index = 0; index < scans - 1; index++) {
    // Each of 63 coefficients, one bit after the other from the highest.
    const [coefficient, bit] = [1 + Math.floor(index / 14), 13 - (index % 14)];
    const precision = bit === 13 ? bit : 16 * (bit + 1) + bit;
    parts.push(scan(coefficient, coefficient, precision), Buffer.from(empty));
  }
  return Buffer.concat([...parts, Buffer.from([0xff, 0xd9])]);
}

/** A GIF of 16x16 pixels with this many frames of one pixel. */
export function gifOfFrames(frames: number): Uint8Array {
  const start = Buffer.from('GIF89a\x10\0\x10\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  const frame = Buffer.from('\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0', 'latin1');
  return Buffer.concat([start, Buffer.alloc(frames * frame.length, frame), Buffer.from(';')]);
}

/** A TIFF with this many pages that share their pixels. */
export function tiffOfPages(pages: number): Uint8Array {
  const file = readFileSync(fixture('plain.tiff'));
  const first = file.readUInt32LE(4);
  const length = 2 + 12 * file.readUInt16LE(first) + 4;
  const directory = file.subarray(first, first + length);
  const directories = Buffer.alloc(pages * length, directory);
  for (let page = 0; page < pages; page++) {
    const next = page === pages - 1 ? 0 : file.length + (page + 1) * length;
    directories.writeUInt32LE(next, (page + 1) * length - 4);
  }
  const start = Buffer.from(file);
  start.writeUInt32LE(file.length, 4);
  return Buffer.concat([start, directories]);
}

/** A TIFF file whose tiles are far larger than its image. */
export function tiffOfLargeTiles(): Uint8Array {
  const file = Buffer.from(readFileSync(fixture('tiled.tiff')));
  const first = file.readUInt32LE(4);
  for (let entry = first + 2; entry < first + 2 + 12 * file.readUInt16LE(first); entry += 12) {
    if ([322, 323].includes(file.readUInt16LE(entry))) {
      file.writeUInt16LE(3, entry + 2);
      file.writeUInt16LE(8_192, entry + 8);
    }
  }
  return file;
}

/** A TIFF file of JPEG strips, each containing the whole file. */
export function tiffOfOverlappingStrips(): Uint8Array {
  const file = Buffer.from(readFileSync(fixture('jpeg.tiff')));
  const first = file.readUInt32LE(4);
  const strips = 8;
  const [offsets, lengths] = [Buffer.alloc(4 * strips), Buffer.alloc(4 * strips)];
  for (let strip = 0; strip < strips; strip++) {
    lengths.writeUInt32LE(file.length, 4 * strip);
  }
  for (let entry = first + 2; entry < first + 2 + 12 * file.readUInt16LE(first); entry += 12) {
    const list = [273, 279].indexOf(file.readUInt16LE(entry));
    if (list >= 0) {
      file.writeUInt16LE(4, entry + 2);
      file.writeUInt32LE(strips, entry + 4);
      file.writeUInt32LE(file.length + list * offsets.length, entry + 8);
    }
  }
  return Buffer.concat([file, offsets, lengths]);
}
