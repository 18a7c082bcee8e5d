// Files that promise far more than they hold, and what only looks like a file: refused in words, at once.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OverBudget } from './budget.ts';
import { fixture } from './fixtures/formula.ts';
import { decodeImage } from './formats/imageDecoding.ts';
import type { PrepareOptions } from './packed/prepare.ts';
import { prepare } from './packed/prepare.ts';
import { openDataset } from './registry.ts';
import { idxFolder } from './sources/idxFolder.ts';
import { imageCollection } from './sources/imageCollection.ts';
import { readImageFiles } from './sources/imageFiles.ts';
import { partFiles } from './sources/partFiles.ts';

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'emerging-hostile-')));
});
afterEach(() => rm(folder, { recursive: true }));

/** Far more than any of these takes, far less than what the file asks for. */
const quick = 5000;

interface ZipFile {
  readonly name: string;
  readonly packed: Uint8Array;
  /** What the archive says that it has when unpacked. */
  readonly size: number;
  readonly checksum?: number;
}

/** An archive of deflated files; with `overlapping`, all of them have the place of the first. */
function zip(files: readonly ZipFile[], { overlapping = false } = {}): Uint8Array {
  const [body, directory]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  files.forEach(({ name, packed, size, checksum = 0 }, index) => {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(checksum, 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(size, 18);
    common.writeUInt16LE(name.length, 22);
    const entry = Buffer.alloc(16);
    entry.writeUInt32LE(overlapping ? 0 : offset, 12);
    directory.push(
      Buffer.from('PK\x01\x02\x14\x00'),
      common,
      Buffer.from(entry.subarray(2)),
      Buffer.from(name),
    );
    if (!overlapping || index === 0) {
      body.push(Buffer.from('PK\x03\x04'), common, Buffer.from(name), Buffer.from(packed));
      offset += 30 + name.length + packed.length;
    }
  });
  const size = Buffer.concat(directory).length;
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...body, ...directory, end]);
}

const deflated = (name: string, content: Uint8Array): ZipFile => ({
  name,
  packed: deflateRawSync(content),
  size: content.length,
  checksum: crc32(content),
});

function npy(shape: string, bytes: number): Uint8Array {
  const header = Buffer.from(`{'descr': '|u1', 'fortran_order': False, 'shape': (${shape}), }\n`);
  const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, header, Buffer.alloc(bytes)]);
}

/** A grey PNG file of one bit per pixel, all black. */
function blackPng(side: number): Uint8Array {
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
  header[8] = 1;
  const rows = Buffer.alloc(side * (1 + Math.ceil(side / 8)));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const write = async (name: string, bytes: Uint8Array): Promise<string> => {
  await mkdir(join(folder, name, '..'), { recursive: true });
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
};
const open = (path: string) => openDataset(path, { validation: 0 });

describe('a few bytes', () => {
  it(
    'cannot be a billion empty images in a pickle',
    async () => {
      const pickle = Buffer.from(
        '\x80\x02}X\x04\0\0\0datacnumpy.core.multiarray\n_reconstruct\n)R' +
          '(K\x01(J\x00\xca\x9a\x3bK\x00K\x00K\x03tcnumpy\ndtype\n(X\x02\0\0\0u1tR\x89C\x00tbs.',
        'latin1',
      );
      await expect(open(await write('a.pickle', pickle))).rejects.toThrow(
        /a.pickle: an array 1000000000 x 0 x 0 x 3 is empty; use another copy/,
      );
    },
    quick,
  );

  it(
    'cannot make bytes again and again from one text of a pickle',
    async () => {
      const text = 'x'.repeat(10_000);
      const again = '0h\x01(h\x02tR'.repeat(1000);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(text.length);
      const pickle = `\x80\x02c_codecs\nencode\nq\x01X${length.toString('latin1')}${text}q\x02${again}.`;
      await expect(open(await write('a.pickle', Buffer.from(pickle, 'latin1')))).rejects.toThrow(
        /no pickle of plain arrays: it makes more objects or bytes than/,
      );
    },
    quick,
  );

  it(
    'cannot be a hundred thousand rows of a Parquet file',
    async () => {
      const image = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
        .png()
        .toBuffer();
      const bytes = Array.from({ length: 100_000 }, () => new Uint8Array(image));
      const table = parquetWriteBuffer({ columnData: [{ name: 'image', data: bytes, type: 'BYTE_ARRAY' }] });
      expect(table.byteLength).toBeLessThan(65_536);
      await expect(open(await write('a.parquet', new Uint8Array(table)))).rejects.toThrow(
        /a.parquet: at least 100,000 images in [\d,]+ bytes on disk, and the limit for that size is 65,536: not a real/,
      );
    },
    4 * quick,
  );

  it(
    'cannot be a million images of one pixel in an .npz file',
    async () => {
      const path = await write('a.npz', zip([deflated('data.npy', npy('1000000, 1, 1', 1e6))]));
      await expect(open(path)).rejects.toThrow(OverBudget);
      await expect(open(path)).rejects.toThrow(/at least 1,000,000 images in 1,\d+ bytes on disk/);
    },
    quick,
  );

  it(
    'cannot be gigabytes of zeros, which are refused before they are unpacked',
    async () => {
      // Not even deflated data: nothing of it is looked at.
      const packed = new Uint8Array(2 ** 21);
      const path = await write('a.npz', zip([{ name: 'data.npy', packed, size: 2 ** 31 - 1 }]));
      await expect(open(path)).rejects.toThrow(
        /at least 2,147,483,647 bytes unpacked in 2,097,\d+ bytes on disk, and the limit for that size is 268,435,456/,
      );
    },
    quick,
  );

  it(
    'cannot be the inside of an archive in an archive',
    async () => {
      const inner = zip([deflated('data.npy', npy('100, 1000, 1000', 1e8))]);
      const files = [1, 2, 3].map((number) => deflated(`${number}.npz`, inner));
      await expect(open(await write('a.zip', zip(files)))).rejects.toThrow(
        /at least 300,\d+,\d+ bytes unpacked/,
      );
    },
    2 * quick,
  );

  it(
    'cannot be the same bytes under many names of a zip archive',
    async () => {
      const png = deflated('train/0.png', blackPng(100));
      const files = Array.from({ length: 100 }, (_, index) => ({ ...png, name: `train/${index}.png` }));
      await expect(open(await write('a.zip', zip(files, { overlapping: true })))).rejects.toThrow(
        /a.zip: damaged: train\/0.png overlaps train\/1.png; use another copy/,
      );
    },
    quick,
  );

  it(
    'cannot be image after image of a hundred megapixels',
    async () => {
      const png = deflated('', blackPng(10_000));
      const files = [1, 2, 3].map((index) => ({ ...png, name: `train/${index}.png` }));
      const path = await write('a.zip', zip([...files, { ...png, name: 'test/1.png' }]));
      const options: PrepareOptions = {
        size: 8,
        crop: 'center',
        channels: 1,
        source: path,
        validation: 0,
        leastDeviation: 0,
      };
      const raw = await imageCollection.openRaw!(path);
      await expect(prepare(raw, join(folder, 'out'), options)).rejects.toThrow(
        /a.zip: at least \d00,000,000 pixels in [\d,]+ bytes on disk, and the limit for that size is 134,217,728/,
      );
    },
    4 * quick,
  );

  it(
    'cannot unpack to gigabytes as an IDX file',
    async () => {
      const zeros = gzipSync(Buffer.alloc(2 ** 28 + 2 ** 20), { level: 1 });
      await write('idx/train-images-idx3-ubyte.gz', zeros);
      await expect(idxFolder.open(join(folder, 'idx'))).rejects.toThrow(
        /train-images-idx3-ubyte.gz: at least 268,435,457 bytes unpacked in/,
      );
    },
    2 * quick,
  );
});

describe('the memory of an image', () => {
  it.each(['smooth.jpeg', 'transparent.webp', 'opaque.png'])(
    'is asked for before %s is decoded',
    async (name) => {
      const { width, height } = await sharp(fixture(name)).metadata();
      const admit = vi.fn(() => Promise.reject(new Error('no room')));
      await expect(decodeImage(readFileSync(fixture(name)), name, { admit })).rejects.toThrow('no room');
      expect(admit).toHaveBeenCalledExactlyOnceWith(3 * width * height);
    },
  );
});

describe('what only looks like an image file', () => {
  beforeEach(async () => {
    await mkdir(join(folder, 'set/train'), { recursive: true });
    await mkdir(join(folder, 'set/test'));
    for (const name of ['train/a.png', 'test/b.png']) {
      await cp(fixture('opaque.png'), join(folder, 'set', name));
    }
  });
  const score = async (...paths: string[]) => {
    const shape = [10, 12, 3] as const;
    const { names, skipped } = await readImageFiles(
      paths.map((path) => join(folder, path)),
      shape,
    );
    return { names, skipped: skipped.map((line) => line.replace(`${folder}/`, '')) };
  };

  it(
    'a FIFO is neither waited for nor read',
    async () => {
      execFileSync('mkfifo', [join(folder, 'set/train/fifo.png'), join(folder, 'fifo')]);
      expect(await score('set')).toEqual({
        names: ['test/b.png', 'train/a.png'],
        skipped: [expect.stringContaining('set/train/fifo.png: neither a regular file nor a folder')],
      });
      expect((await open(join(folder, 'set'))).train.count).toBe(1);
      const refusal = /fifo.*: it is not a regular file/;
      await expect(score('fifo')).rejects.toThrow(refusal);
      await expect(open(join(folder, 'fifo'))).rejects.toThrow(refusal);
      await expect(partFiles.open(join(folder, 'fifo'))).rejects.toThrow(refusal);
    },
    quick,
  );

  it(
    'a link to a device is not read, however much it would give',
    async () => {
      await symlink('/dev/zero', join(folder, 'set/train/zero.png'));
      expect((await score('set')).skipped).toEqual([expect.stringContaining('set/train/zero.png: neither')]);
      await expect(score('set/train/zero.png')).rejects.toThrow(/zero.png: it is not a regular file/);
      expect((await open(join(folder, 'set'))).train.count).toBe(1);
    },
    quick,
  );

  it(
    'a link to a folder, its own too, is not followed, and reported',
    async () => {
      await symlink('..', join(folder, 'set/train/loop'));
      expect(await score('set')).toEqual({
        names: ['test/b.png', 'train/a.png'],
        skipped: [expect.stringMatching(/^set\/train\/loop: .* a link to a folder; name the folder itself$/)],
      });
      expect((await open(join(folder, 'set'))).train.count).toBe(1);
    },
    quick,
  );

  it(
    'a link to another image is that image, once',
    async () => {
      await symlink('a.png', join(folder, 'set/train/0.png'));
      await symlink('../../c.png', join(folder, 'set/train/c.png'));
      await symlink('../../c.png', join(folder, 'set/train/d.png'));
      await cp(fixture('opaque.png'), join(folder, 'c.png'));
      expect((await score('set', 'c.png')).names).toHaveLength(3);
      expect((await open(join(folder, 'set'))).train.count).toBe(2);
    },
    quick,
  );
});
