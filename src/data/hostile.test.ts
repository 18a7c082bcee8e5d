// Hostile input: files that expand enormously, and paths that are not regular files, are rejected quickly.

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  blackPng,
  npy,
  type SparseFile,
  sparseIdx,
  writeHostileFile,
} from '../testing/hostile/hostileImages.ts';
import { openedBy } from '../testing/openedBy.ts';
import { emptyFolder } from '../testing/temporaryFolder.ts';
import { createZip, deflated } from '../testing/zipFiles.ts';
import { Budget } from './contract/reading.ts';
import { inMemory, type RandomAccess } from './files/fileStore.ts';
import { fixture } from './fixtures/formula.ts';
import { decodeImage } from './formats/imageDecoding.ts';
import { openDataset } from './registry.ts';
import { batchImages } from './sources/batchFile.ts';
import { idxFolder } from './sources/idxFolder.ts';
import { readImageFiles } from './sources/imageFiles.ts';
import { partFiles } from './sources/partFiles.ts';

const folder = emptyFolder();
afterEach(() => vi.unstubAllEnvs());

/** A time limit in ms: far more than any of these tests takes, far less than the file would take. */
const quick = 5000;

const write = async (name: string, bytes: Uint8Array): Promise<string> => {
  await mkdir(join(folder, name, '..'), { recursive: true });
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
};
const open = (path: string) => openDataset(path, { validation: 0 });

describe('a few bytes', () => {
  it(
    'cannot be a Parquet file of a hundred thousand rows',
    async () => {
      const image = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
        .png()
        .toBuffer();
      const bytes = Array.from({ length: 100_000 }, () => new Uint8Array(image));
      const table = parquetWriteBuffer({ columnData: [{ name: 'image', data: bytes, type: 'BYTE_ARRAY' }] });
      expect(table.byteLength).toBeLessThan(65_536);
      await expect(open(await write('a.parquet', new Uint8Array(table)))).rejects.toThrow(
        /a.parquet: at least 100,000 images in [\d,]+ bytes on disk, but the limit for this size is 65,536: not a real/,
      );
    },
    4 * quick,
  );

  it(
    'cannot be a zip archive with the same bytes under many names',
    async () => {
      const png = deflated('train/0.png', blackPng(100));
      const files = Array.from({ length: 100 }, (_, index) => ({ ...png, name: `train/${index}.png` }));
      await expect(open(await write('a.zip', createZip(files, { overlapping: true })))).rejects.toThrow(
        /a.zip: corrupt: train\/0.png overlaps train\/1.png; use another copy/,
      );
    },
    quick,
  );

  it(
    'cannot be an IDX file that decompresses to gigabytes',
    async () => {
      const zeros = gzipSync(Buffer.alloc(2 ** 24), { level: 1 });
      const header = gzipSync(sparseIdx(17, 2 ** 12, 2 ** 12).start);
      await write('idx/train-images-idx3-ubyte.gz', Buffer.concat([header, ...Array(17).fill(zeros)]));
      await expect(openedBy(idxFolder, join(folder, 'idx'))).rejects.toThrow(
        /train-images-idx3-ubyte.gz: at least 285,212,688 decompressed bytes in/,
      );
    },
    2 * quick,
  );

  it(
    'cannot be IDX files of gigabytes, which are refused by their headers',
    async () => {
      const open = (files: Readonly<Record<string, SparseFile>>) => {
        const path = join(folder, 'idx');
        rmSync(path, { recursive: true, force: true });
        for (const [name, file] of Object.entries(files)) {
          writeHostileFile(join(path, name), file);
        }
        return expect(openedBy(idxFolder, path)).rejects;
      };
      const [train, test] = ['train-images-idx3-ubyte', 't10k-images-idx3-ubyte'] as const;
      const few = sparseIdx(1, 28, 28);
      const message =
        /-images-idx3-ubyte: more images than fit into memory: divide them among several folders/;
      await open({ [train]: sparseIdx(3_000_000, 28, 28), [test]: few }).toThrow(message);
      await open({ [train]: sparseIdx(10_000_000, 1, 1), [test]: sparseIdx(1, 1, 1) }).toThrow(message);
      await open({ [train]: sparseIdx(1, 28, 28), [test]: sparseIdx(3_000_000, 28, 28) }).toThrow(message);
      // The header of a small image.
      await open({ [train]: { ...few, size: 2 ** 31 - 1 }, [test]: few }).toThrow(
        /data is too long: 1 x 28 x 28/,
      );
      const packed = { start: gzipSync(Buffer.concat([few.start, Buffer.alloc(784)])), size: 2 ** 31 - 1 };
      await open({ [`${train}.gz`]: packed, [test]: few }).toThrow(
        /too large: 2147483647 bytes, at most 67104/,
      );
      await open({
        [train]: few,
        [test]: few,
        'train-labels-idx1-ubyte': sparseIdx(2_000_000_000),
        't10k-labels-idx1-ubyte': sparseIdx(1),
      }).toThrow(/train-labels-idx1-ubyte: too large: 2000000000 bytes, at most 268435456/);
    },
    quick,
  );

  it('is read in few steps from an archive of many small arrays', async () => {
    const image = npy('1, 2, 2', 4);
    const bytes = createZip(Array.from({ length: 1000 }, (_, index) => deflated(`${index}.npy`, image)));
    let reads = 0;
    const file = inMemory(bytes, 'a.npz');
    const counted: RandomAccess = {
      ...file,
      read(offset, length) {
        reads++;
        return file.read(offset, length);
      },
    };
    let images = 0;
    for await (const _ of batchImages(counted, 'a.npz', '', new Budget('a.npz', bytes.length))) {
      images++;
    }
    expect(images).toBe(1000);
    expect(reads).toBeLessThan(20);
  });
});

describe('the memory of an image', () => {
  it.each([
    ['smooth.jpeg', 3],
    ['transparent.webp', 13],
    ['opaque.png', 7],
    ['u16.fits', 6],
    ['f8.fits', 12],
  ])('is requested before %s is decoded: %i bytes per pixel', async (name, bytes) => {
    const { width, height } = await decodeImage(readFileSync(fixture(name)), name);
    const admit = vi.fn(() => Promise.reject(new Error('out of memory')));
    await expect(decodeImage(readFileSync(fixture(name)), name, { admit })).rejects.toThrow('out of memory');
    expect(admit).toHaveBeenCalledExactlyOnceWith(bytes * width * height);
  });
});

describe('a path that is not a regular file', () => {
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
    'is not read if it is a FIFO',
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
      await expect(openedBy(partFiles, join(folder, 'fifo'))).rejects.toThrow(refusal);
    },
    quick,
  );

  it(
    'is not read if it is a link to a device',
    async () => {
      await symlink('/dev/zero', join(folder, 'set/train/zero.png'));
      expect((await score('set')).skipped).toEqual([expect.stringContaining('set/train/zero.png: neither')]);
      await expect(score('set/train/zero.png')).rejects.toThrow(/zero.png: it is not a regular file/);
      expect((await open(join(folder, 'set'))).train.count).toBe(1);
    },
    quick,
  );

  it(
    'is reported, not followed, if it is a link to a folder, even the one it is in',
    async () => {
      await symlink('..', join(folder, 'set/train/loop'));
      expect(await score('set')).toEqual({
        names: ['test/b.png', 'train/a.png'],
        skipped: [expect.stringMatching(/^set\/train\/loop: .* a link to a folder; pass the folder itself$/)],
      });
      expect((await open(join(folder, 'set'))).train.count).toBe(1);
    },
    quick,
  );

  it(
    'is read as the image it links to, once',
    async () => {
      await symlink('a.png', join(folder, 'set/train/0.png'));
      await cp(fixture('opaque.png'), join(folder, 'set/train/c.png'));
      await symlink('c.png', join(folder, 'set/train/d.png'));
      await symlink('../train/c.png', join(folder, 'set/test/e.png'));
      expect((await score('set')).names).toHaveLength(3);
      expect((await open(join(folder, 'set'))).train.count).toBe(2);
    },
    quick,
  );

  it(
    'is refused if it leads out of the folder, unless the user follows such links',
    async () => {
      await cp(fixture('opaque.png'), join(folder, 'c.png'));
      await symlink('../../c.png', join(folder, 'set/train/c.png'));
      await symlink(join(folder, 'c.png'), join(folder, 'set/train/d.png'));
      expect(await score('set')).toEqual({
        names: ['test/b.png', 'train/a.png'],
        skipped: [
          'set/train/c.png: a link to a file elsewhere; set EMERGING_LINKS=follow if the links are your own, or pass the file itself',
        ],
      });
      await symlink('../../d.png', join(folder, 'set/train/e.png'));
      await cp(fixture('opaque.png'), join(folder, 'd.png'));
      await expect(open(join(folder, 'set'))).rejects.toThrow(
        'set: 2 links in it lead to files elsewhere, such as train/c.png: set EMERGING_LINKS=follow if the links are your ' +
          'own, or replace them with copies',
      );
      vi.stubEnv('EMERGING_LINKS', 'follow');
      expect((await score('set', 'c.png')).names).toHaveLength(4);
      expect((await open(join(folder, 'set'))).train.count).toBe(3);
    },
    quick,
  );
});
