// CIFAR-10's records in an archive written by tar, in a folder, and in invalid files.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openedBy } from '../../testing/openedBy.ts';
import { emptyFolder } from '../../testing/temporaryFolder.ts';
import { createZip, deflated } from '../../testing/zipFiles.ts';
import { readOne } from '../contract/dataset.ts';
import { fixture, formulaImage } from '../fixtures/formula.ts';
import { cifar10Files } from './cifar10.ts';

const archive = fixture('cifar-10-binary.tar.gz');
const folder = emptyFolder();

const record = (label: number, image: number): Uint8Array => {
  const pixels = formulaImage(image, 32, 32, 3);
  return Uint8Array.from({ length: 3073 }, (_, index) => {
    const [channel, pixel] = [Math.floor((index - 1) / 1024), (index - 1) % 1024];
    return index === 0 ? label : pixels[3 * pixel + channel]!;
  });
};

describe('CIFAR-10', () => {
  it('is read from a compressed zip archive', async () => {
    const zip = join(folder, 'cifar.zip');
    const batches = [deflated('data_batch_1.bin', record(2, 6)), deflated('test_batch.bin', record(5, 8))];
    await writeFile(zip, createZip(batches));
    const { train, test } = await openedBy(cifar10Files, zip);
    expect(readOne(train, 0)).toEqual(formulaImage(6, 32, 32, 3));
    expect(readOne(test, 0)).toEqual(formulaImage(8, 32, 32, 3));
  });

  it('is read from its archive, with batches in numerical order and planes interleaved', async () => {
    expect(await cifar10Files.recognises(archive)).toBe(true);
    const { train, test, warnings } = await openedBy(cifar10Files, archive);
    expect([train.count, test.count, train.imageShape]).toEqual([5, 2, [32, 32, 3]]);
    for (let image = 0; image < 5; image++) {
      expect(readOne(train, image)).toEqual(formulaImage(image, 32, 32, 3));
    }
    expect(readOne(test, 1)).toEqual(formulaImage(101, 32, 32, 3));
    expect(warnings).toEqual([`${archive}: 5 training and 2 test images, but CIFAR-10 has 50000 and 10000`]);
  });

  it('is read from the folder that the archive unpacks to', async () => {
    await mkdir(join(folder, 'cifar-10-batches-bin'));
    const write = (name: string, bytes: Uint8Array) =>
      writeFile(join(folder, 'cifar-10-batches-bin', name), bytes);
    await write('data_batch_10.bin', record(9, 7));
    await write('data_batch_9.bin', Buffer.concat([record(0, 3), record(1, 4)]));
    await expect(openedBy(cifar10Files, folder)).rejects.toThrow(`${folder}: test_batch.bin is missing`);
    await write('test_batch.bin', record(5, 8));
    expect(await cifar10Files.recognises(folder)).toBe(true);
    const { train, test } = await openedBy(cifar10Files, folder);
    expect([0, 1, 2].map((index) => readOne(train, index))).toEqual(
      [3, 4, 7].map((image) => formulaImage(image, 32, 32, 3)),
    );
    expect(readOne(test, 0)).toEqual(formulaImage(8, 32, 32, 3));
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(), /test_batch.bin: 0 bytes are not a whole number of records of 3073/],
    ['part of a record', record(1, 1).subarray(1), /test_batch.bin: 3072 bytes are not a whole number/],
    ['an invalid label', record(10, 1), /test_batch.bin: record 0 has label 10, expected 0 to 9/],
  ])('is rejected with %s in a file', async (_, bytes, message) => {
    await writeFile(join(folder, 'data_batch_1.bin'), record(0, 0));
    await writeFile(join(folder, 'test_batch.bin'), bytes);
    await expect(openedBy(cifar10Files, folder)).rejects.toThrow(message);
  });
});
