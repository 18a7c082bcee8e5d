// Files of images that promise far more than they hold, and folders of what only looks like images.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { fixture } from '../../data/fixtures/formula.ts';
import { fitsCard, fitsImage, fitsPart } from '../tinyFields.ts';
import { idxBytes } from '../tinyImages.ts';
import { createZip, deflated } from '../zipFiles.ts';
import type { HostileFolder } from './hostileModels.ts';
import { hostileParquet } from './hostileParquet.ts';
import { gifOfFrames, jpegOfScans, tiffOfLargeTiles, tiffOfPages } from './hostilePhotos.ts';

/** A file that ends with zeros, which take no space on most disks. */
export interface SparseFile {
  readonly start: Uint8Array;
  /** In bytes. */
  readonly size: number;
}

/** Writes a file, and the folders that it is in. */
export function writeHostileFile(path: string, content: Uint8Array | string | SparseFile): void {
  mkdirSync(dirname(path), { recursive: true });
  const isSparse = typeof content === 'object' && 'start' in content;
  writeFileSync(path, isSparse ? content.start : content);
  if (isSparse) {
    truncateSync(path, content.size);
  }
}

/** A .npy file of so many zeros, or of these bytes; the shape is as the header writes it. */
export function npy(shape: string, bytes: number | Uint8Array, type = '|u1'): Uint8Array {
  const header = Buffer.from(`{'descr': '${type}', 'fortran_order': False, 'shape': (${shape}), }\n`);
  const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, header, typeof bytes === 'number' ? Buffer.alloc(bytes) : bytes]);
}

/** A grey PNG file, all black. */
export function blackPng(side: number, bits: 1 | 16 = 1): Uint8Array {
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = bits;
  const rows = Buffer.alloc(side * (1 + Math.ceil((bits * side) / 8)));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A 16-bit PNG file of a hundred megapixels, in 200 kB. */
function deepPng(): Uint8Array {
  return blackPng(10_000, 16);
}

/** A .npy file of zeros that takes no space on disk. */
export function sparseNpy(shape: string, bytes: number, type?: string): SparseFile {
  const start = npy(shape, 0, type);
  return { start, size: start.length + bytes };
}

/** An IDX file of zeros that takes no space on disk. */
export function sparseIdx(...shape: readonly number[]): SparseFile {
  const start = idxBytes(shape, []);
  return { start, size: start.length + shape.reduce((product, length) => product * length, 1) };
}

/** A PNG file whose header is followed by millions of empty chunks. */
function pngOfChunks(): SparseFile {
  return { start: blackPng(8).subarray(0, 33), size: 2 ** 28 };
}

/** A FITS file of 56 million unsigned integers of 16 bits. */
function largeFits(): SparseFile {
  const start = fitsPart([...fitsImage(16, 7500, 7500), fitsCard('BZERO', 32768)], new Uint8Array());
  return { start, size: start.length + 2 * 7500 ** 2 };
}

const files: Readonly<Record<string, () => Uint8Array | SparseFile>> = {
  'pixels.npz': () => createZip([deflated('data.npy', npy('1000000, 1, 1', 1e6))]),
  'zeros.npz': () =>
    createZip([
      { ...deflated('data.npy', new Uint8Array()), bytes: new Uint8Array(2 ** 21), size: 2 ** 31 - 1 },
    ]),
  'nested.zip': () => {
    const inner = createZip([deflated('data.npy', npy('100, 1000, 1000', 1e8))]);
    return createZip([1, 2, 3].map((number) => deflated(`${number}.npz`, inner)));
  },
  'overlapping.zip': () => {
    const png = deflated('', blackPng(100));
    const names = Array.from({ length: 100 }, (_, index) => `train/${index}.png`);
    return createZip(
      names.map((name) => ({ ...png, name })),
      { overlapping: true },
    );
  },
  'large.zip': () => {
    const png = deflated('', blackPng(10_000));
    return createZip(['train/1.png', 'train/2.png', 'test/1.png'].map((name) => ({ ...png, name })));
  },
  'deep/train/a.png': deepPng,
  'deep/test/b.png': deepPng,
  'scans/train/a.jpeg': () => jpegOfScans(5000, 800),
  'scans/test/b.jpeg': () => jpegOfScans(5000, 800),
  'photos/train/a.avif': () => readFileSync(fixture('enormous.avif')),
  'photos/train/b.gif': () => gifOfFrames(1_000_000),
  'photos/test/c.tiff': () => tiffOfPages(60_000),
  'photos/test/d.tiff': tiffOfLargeTiles,
  'chunks/train/a.png': pngOfChunks,
  'chunks/test/b.png': pngOfChunks,
  'fits/train/a.fits': largeFits,
  'fits/test/b.fits': largeFits,
  'idx/train-images-idx3-ubyte': () => sparseIdx(2_000_000_000, 1, 1),
  'idx/t10k-images-idx3-ubyte': () => sparseIdx(1, 1, 1),
  ...Object.fromEntries(Object.entries(hostileParquet).map(([kind, file]) => [`${kind}.parquet`, file])),
  'spaces.npy': () => npy(`1${' '.repeat(60_000)}x`, 1),
  'spaces.zip': () =>
    createZip([{ ...deflated('', blackPng(8)), name: `${' '.repeat(60_000)}\n.npy`, checksum: 1 }]),
  'brackets.npz': () => createZip([deflated('data.npy', npy('('.repeat(60_000), 10))]),
};

/** Writes files and folders that must be refused or survived, whichever command opens them as images. */
export function writeHostileImages(folder: string): HostileFolder[] {
  for (const [name, content] of Object.entries(files)) {
    writeHostileFile(join(folder, name), content());
  }
  for (const name of ['train/a.png', 'test/b.png']) {
    mkdirSync(dirname(join(folder, 'odd', name)), { recursive: true });
    copyFileSync(fixture('opaque.png'), join(folder, 'odd', name));
  }
  execFileSync('mkfifo', [join(folder, 'odd/train/fifo.png'), join(folder, 'fifo')]);
  symlinkSync('/dev/zero', join(folder, 'odd/train/zero.png'));
  symlinkSync('..', join(folder, 'odd/train/loop'));
  symlinkSync('/dev/zero', join(folder, 'zero.npy'));
  const single = Object.keys(files).filter((name) => !name.includes('/'));
  return [...single, 'deep', 'scans', 'photos', 'chunks', 'fits', 'idx', 'odd', 'fifo', 'zero.npy'].map(
    (name) => ({
      path: join(folder, name),
      verdict: 'cope',
    }),
  );
}
