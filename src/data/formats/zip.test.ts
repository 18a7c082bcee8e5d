import { describe, expect, it } from 'vitest';
import { createZip, deflated } from '../../testing/zipFiles.ts';
import { Budget } from '../contract/reading.ts';
import { inMemory, type RandomAccess } from '../files/fileStore.ts';
import { openZipEntry, readZipEntry } from './zip.ts';
import { readZipDirectory } from './zipDirectory.ts';

const content = Uint8Array.from({ length: 300 }, (_, index) => index % 7);

/** An archive with `content` as its only file `a/b`; `change` can corrupt its entry in the directory. */
const archive = (method: 0 | 8, change: (entry: DataView) => void = () => {}): Uint8Array => {
  const bytes = createZip([method === 8 ? deflated('a/b', content) : { name: 'a/b', bytes: content }]);
  change(new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 22 - 3 - 46));
  return bytes;
};
const read = async (bytes: Uint8Array, limit?: number) => {
  const file = inMemory(bytes, 'a.zip');
  const [entry] = await readZipDirectory(file, 'a.zip');
  return readZipEntry(file, entry!, 'a.zip', { budget: new Budget('a.zip'), ...(limit && { limit }) });
};

describe('a zip archive', () => {
  it.each([0, 8] as const)('returns its files, method %i', async (method) => {
    const bytes = archive(method);
    expect(new Uint8Array(await read(bytes))).toEqual(content);
    const file = inMemory(bytes, 'a.zip');
    const [entry] = await readZipDirectory(file, 'a.zip');
    expect(entry).toMatchObject({ name: 'a/b', size: 300, method });
    const opened = await openZipEntry(file, entry!, 'a.zip', new Budget('a.zip'));
    expect([...(await opened.read(8, 3))]).toEqual([1, 2, 3]);
  });

  it.each([
    ['another checksum', 8, (entry: DataView) => entry.setUint8(16, entry.getUint8(16) ^ 1), 'checksum'],
    ['a smaller size', 8, (entry: DataView) => entry.setUint32(24, 299, true), 'a.zip: a/b: corrupt'],
    [
      'megabytes in a few bytes',
      8,
      (entry: DataView) => entry.setUint32(24, 2e8, true),
      'cannot decompress to',
    ],
    ['encryption', 0, (entry: DataView) => entry.setUint16(8, 1, true), 'encrypted; unpack it first'],
    ['another method', 0, (entry: DataView) => entry.setUint16(10, 12, true), 'compressed by method 12'],
    ['an offset outside', 0, (entry: DataView) => entry.setUint32(42, 1e6, true), 'corrupt'],
    [
      'a truncated directory',
      0,
      (entry: DataView) => entry.setUint16(28, 400, true),
      'ends within file 1 of 1',
    ],
  ] as const)('with %s is rejected', async (_, method, change, message) => {
    await expect(read(archive(method, change))).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining(message),
    });
  });

  it('with more files than fit into memory is refused before its directory is read', async () => {
    const bytes = archive(0);
    const end = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 22);
    const [directory, size] = [end.getUint32(16, true), end.getUint32(12, true)];
    const end64 = new DataView(new ArrayBuffer(56));
    end64.setUint32(0, 0x06064b50, true);
    [5_000_000, size, directory].forEach((value, index) => {
      end64.setBigUint64(32 + 8 * index, BigInt(value), true);
    });
    const locator = new DataView(new ArrayBuffer(20));
    locator.setUint32(0, 0x07064b50, true);
    locator.setBigUint64(8, BigInt(bytes.length - 22), true);
    const tail = [end64, locator].map(({ buffer }) => new Uint8Array(buffer));
    const many = Buffer.concat([bytes.subarray(0, -22), ...tail, bytes.subarray(-22)]);
    await expect(read(many)).rejects.toThrow(
      'a.zip: its directory has 5000000 files in 49 bytes, but at most 1500000 in 268435456 are read: unpack it',
    );
    const large = archive(0);
    new DataView(large.buffer, large.byteOffset).setUint32(large.length - 22 + 12, 2 ** 28 + 1, true);
    await expect(read(large)).rejects.toThrow('a.zip: its directory has 1 files in 268435457 bytes');
  });

  it('with a large file that is stored is read in blocks, and its checksum verified', async () => {
    const zeros = new Uint8Array(2 ** 24 + 3).fill(7);
    const bytes = createZip([{ name: 'a.npy', bytes: zeros }]);
    let longest = 0;
    const file: RandomAccess = {
      size: bytes.length,
      async read(offset, length) {
        longest = Math.max(longest, length);
        return bytes.subarray(offset, offset + length);
      },
    };
    const [entry] = await readZipDirectory(file, 'a.zip');
    const opened = await openZipEntry(file, entry!, 'a.zip', new Budget('a.zip'));
    expect([...(await opened.read(2 ** 24, 3))]).toEqual([7, 7, 7]);
    expect(longest).toBe(2 ** 23);
    await expect(opened.read(2 ** 24, 4)).rejects.toThrow(
      'a.zip: a.npy: damaged: it has only 16777219 bytes',
    );
    bytes[2 ** 20]! ^= 1;
    await expect(openZipEntry(file, entry!, 'a.zip', new Budget('a.zip'))).rejects.toThrow(
      'a.zip: a.npy: corrupt: its bytes do not match the checksum in the archive',
    );
  });

  it('has the folders that Windows separates by backslashes', async () => {
    const namesMadeBy = async (host: number): Promise<string[]> => {
      const bytes = Buffer.from(
        createZip(['train\\', 'train\\a.png'].map((name) => ({ name, bytes: content }))),
      );
      for (const entry of [bytes.indexOf('PK\x01\x02'), bytes.lastIndexOf('PK\x01\x02')]) {
        bytes[entry + 5] = host;
      }
      return (await readZipDirectory(inMemory(bytes, 'a.zip'), 'a.zip')).map(({ name }) => name);
    };
    expect(await namesMadeBy(0)).toEqual(['train/a.png']);
    expect(await namesMadeBy(3)).toEqual(['train\\', 'train\\a.png']);
  });

  it('with a file above the limit, or without a directory, is rejected', async () => {
    await expect(read(archive(8), 299)).rejects.toThrow('a.zip: a/b: too large: 300 bytes, at most 299');
    await expect(read(archive(8).subarray(0, -1))).rejects.toThrow('no directory at its end');
  });
});
