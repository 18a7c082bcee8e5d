// Corrupt files of every format: a one-line error or complete images, never a crash or unbounded memory.
// MUTATIONS=10000 npx vitest run src/data/mutations.test.ts tries that many per format.
// @module-tag system
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../core/errors.ts';
import { temporaryFolder } from '../testing/temporaryFolder.ts';
import { idxBytes } from '../testing/tinyImages.ts';
import type { RawDataset } from './contract/rawImages.ts';
import { fixture } from './fixtures/formula.ts';
import { readIdx } from './formats/idx.ts';
import { decodeImage } from './formats/imageDecoding.ts';
import { imageCollection } from './registry.ts';
import { cifar10Files } from './sets/cifar10.ts';
import { openParts } from './sources/partFiles.ts';

const runs = Number(process.env.MUTATIONS ?? 200);
/** In addition to the memory in use before; the files and their images are a few KB. */
const memoryBound = 2 ** 30;

const folder = temporaryFolder();

/** A position in a file as a fraction of its length, uniformly distributed. */
const share = fc.noBias(fc.nat(2 ** 24 - 1)).map((value) => value / 2 ** 24);
const byte = fc
  .constantFrom(0, 1, 0x7f, 0x80, 0xff)
  .chain((value) => fc.oneof(fc.constant(value), fc.nat(255)));
const change = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), place: share, byte }),
  fc.record({ kind: fc.constant('flip' as const), place: share, byte: fc.nat(7) }),
  fc.record({ kind: fc.constant('cut' as const), place: share, byte: fc.constant(0) }),
  fc.record({ kind: fc.constant('insert' as const), place: share, byte }),
  fc.record({ kind: fc.constant('remove' as const), place: share, byte: fc.nat(16) }),
  fc.record({ kind: fc.constant('word' as const), place: share, byte }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function mutate(bytes: Uint8Array, changes: readonly Change[]): Uint8Array {
  let out = Buffer.from(bytes);
  for (const { kind, place: share, byte: value } of changes) {
    const index = Math.floor(share * out.length);
    if (kind === 'cut') {
      out = out.subarray(0, index);
    } else if (kind === 'insert') {
      out = Buffer.concat([out.subarray(0, index), Buffer.of(value), out.subarray(index)]);
    } else if (kind === 'remove') {
      out = Buffer.concat([out.subarray(0, index), out.subarray(index + value + 1)]);
    } else if (kind === 'word') {
      out.subarray(index, index + 4).fill(value);
    } else if (out.length > 0) {
      out[index] = kind === 'set' ? value : out[index]! ^ (1 << value);
    }
  }
  return out;
}

/** Reads all images of a dataset and checks that each is complete. */
async function drain({ train, validation, test }: RawDataset): Promise<void> {
  for (const split of [train, validation, test]) {
    for await (const raw of split?.images() ?? []) {
      const { width, height, channels, data } = await raw.decode();
      expect(data.length).toBe(width * height * channels);
      expect(data.length).toBeGreaterThan(0);
    }
  }
}

const part = async (path: string): Promise<void> => {
  const split = (await openParts([{ split: 'train', path }]))!;
  await drain({ train: split, test: { count: 0, async *images() {} } });
};
const collection = async (path: string): Promise<void> => {
  if (await imageCollection.recognises(path)) {
    await drain(await imageCollection.open(path));
  }
};
const cifar = async (path: string): Promise<void> => drain(await cifar10Files.open(path));
const picture = async (path: string): Promise<void> => {
  const { width, height, channels, data } = await decodeImage(readFileSync(path), path);
  expect(data.length).toBe(width * height * channels);
};
const idx = async (path: string): Promise<void> => {
  const { shape, data } = readIdx(readFileSync(path), path);
  expect(data.length).toBe(shape.reduce((product, length) => product * length, 1));
};

const idxFile = idxBytes([2, 3, 4], [...Array(24).keys()]);
const written: Readonly<Record<string, Uint8Array>> = { idx: idxFile, 'idx.gz': gzipSync(idxFile) };

describe.each<[string, readonly string[], (path: string) => Promise<void>]>([
  ['IDX', ['idx', 'idx.gz'], idx],
  ['CIFAR-10', ['cifar-10-binary.tar.gz'], cifar],
  ['PNG', ['grey.png', 'palette.png', 'sixteen.png', 'transparent.png', 'key.png', 'one.png'], picture],
  ['JPEG', ['smooth.jpeg', 'cmyk.jpeg', 'turned.jpeg'], picture],
  ['WebP', ['lossless.webp', 'transparent.webp', 'moving.webp'], picture],
  ['GIF', ['still.gif', 'moving.gif'], picture],
  ['TIFF', ['plain.tiff', 'tiled.tiff', 'jpeg.tiff'], picture],
  ['AVIF', ['small.avif', 'transparent.avif', 'deep.avif', 'enormous.avif'], picture],
  ['tar', ['pictures.tar', 'pictures.tar.gz'], collection],
  ['zip', ['pictures.zip', 'stored.zip', 'zip64.zip'], collection],
  ['npy', ['colour.npy', 'grey.npy'], part],
  ['npz', ['train_data_batch_1.npz', 'val_data.npz', 'Imagenet8_train_npz.zip'], part],
  ['Parquet', ['plain.parquet', 'snappy.parquet', 'zstd.parquet', 'dictionary.parquet', 'top.parquet'], part],
])('%s', (_, names, read) => {
  it('gives a one-line error or complete images, wherever the file is corrupt', async () => {
    const files = names.map((name) => ({
      name,
      bytes: written[name] ?? readFileSync(fixture(name)),
    }));
    const before = process.memoryUsage().rss;
    const changes = fc.array(change, { minLength: 1, maxLength: 3 });
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), changes, async ({ name, bytes }, list) => {
        const path = join(folder, name);
        await writeFile(path, mutate(bytes, list));
        try {
          await read(path);
        } catch (error) {
          if (!(error instanceof UserError)) {
            throw error;
          }
          refused++;
          expect(error.message).toContain(path);
          expect(error.message).not.toContain('\n');
        }
        expect(process.memoryUsage().rss - before).toBeLessThan(memoryBound);
      }),
      { numRuns: runs, seed: 1 },
    );
    // If hardly any file is rejected, the test does not test anything.
    expect(refused).toBeGreaterThan(runs / 20);
  }, 400_000);
});
