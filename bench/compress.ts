// Lossless compression of a split by a model, against image formats (a file for each image) and general compressors
// (all pixels in one stream).
//
//   npx tsx bench/compress.ts mnist --model models/mnist
//   npx tsx bench/compress.ts photos-64.images --model runs/photos --count 500
//
// All of our file counts, with and without the model. JPEG XL needs cjxl and djxl (Debian's libjxl-tools), bzip2 and xz
// their commands; what is missing is left out. Every method must return every pixel. Times are of one run, one method
// after the other.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Command } from 'commander';
import sharp, { type Sharp } from 'sharp';
import { timed } from '../src/benchmarks/timing.ts';
import { wholeNumber } from '../src/cli/parts/options.ts';
import { formatCount } from '../src/cli/terminal/format.ts';
import { formatTable } from '../src/cli/terminal/table.ts';
import { compress, type NamedImage } from '../src/codec/compress.ts';
import { decompress } from '../src/codec/decompress.ts';
import { firstImages, readAll } from '../src/data/contract/dataset.ts';
import { openSplit } from '../src/data/registry.ts';
import { dimensionsOf } from '../src/numeric/imageShape.ts';
import { availableCores } from '../src/platform/machine.node.ts';
import { loadTrained } from '../src/trained/loading/loadTrained.ts';
import { weightsBytes } from '../src/trained/loading/weightsBytes.ts';
import { inTemporaryFolder } from './shared/temporaryFolder.ts';

/** A way to compress. */
interface Method {
  readonly name: string;
  /** The compressed bytes of all pixels. */
  encode(pixels: Uint8Array): Promise<Uint8Array[]>;
  /** The pixels again. */
  decode(files: readonly Uint8Array[]): Promise<Uint8Array>;
}

const command = new Command('compress')
  .argument('<data>', 'a dataset, whose test images are compressed')
  .requiredOption('--model <run>', 'a run folder, or an exported model')
  .option('--count <n>', 'images, from the first (default: all)', wholeNumber(1))
  .option('--workers <n>', 'blocks coded at the same time (default: one per core)', wholeNumber(1))
  .parse();
const options = command.opts<{ model: string; count?: number; workers?: number }>();
const workers = options.workers ?? availableCores();

const trained = await loadTrained(options.model);
const { imageShape } = trained.model;
const [height, width, channels] = imageShape;
const split = await openSplit(command.args[0]!, 'test', { validation: 0, like: imageShape });
const images = firstImages(split, options.count ?? split.count);
const size = dimensionsOf(imageShape);
const all = readAll(images);
const partsOf = (pixels: Uint8Array): Uint8Array[] =>
  Array.from({ length: pixels.length / size }, (_, index) =>
    pixels.subarray(index * size, (index + 1) * size),
  );
const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** Our own file, without the model. */
const own: Method = {
  name: 'emerging',
  encode: async (pixels) => {
    const named = partsOf(pixels).map(
      (image, index): NamedImage => ({
        name: `${String(index).padStart(6, '0')}.png`,
        shape: imageShape,
        pixels: image,
      }),
    );
    return [await compress(trained, named, { withModel: false, workers })];
  },
  decode: async ([file]) => {
    const { images: found, damaged } = await decompress(file!, { model: trained, workers });
    return damaged.length === 0 ? joined(found.map(({ pixels }) => pixels)) : new Uint8Array(0);
  },
};

/** A format for which sharp writes a file for each image: the smallest of several ways. */
function imageFormat(name: string, ...ways: readonly ((image: Sharp) => Sharp)[]): Method {
  const raw = { height, width, channels: channels as 1 | 3 };
  // Otherwise grey becomes RGB.
  const colours = channels === 1 ? 'b-w' : 'srgb';
  const inOwnColours = (image: Uint8Array): Sharp => sharp(image, { raw }).toColourspace(colours);
  const decoded = (file: Uint8Array): Promise<Buffer> =>
    sharp(file).removeAlpha().toColourspace(colours).raw().toBuffer();
  return {
    name,
    encode: (pixels) =>
      Promise.all(
        partsOf(pixels).map(async (image) => {
          const files = await Promise.all(ways.map((write) => write(inOwnColours(image)).toBuffer()));
          return files.reduce((best, file) => (file.length < best.length ? file : best));
        }),
      ),
    decode: async (files) => joined(await Promise.all(files.map(decoded))),
  };
}

/** A program that reads a stream and writes another. */
function program(name: string, encode: readonly string[], decode: readonly string[]): Method {
  const run = ([file, ...args]: readonly string[], input: Uint8Array): Uint8Array => {
    const { stdout, status, error } = spawnSync(file!, args, { input, maxBuffer: 2 ** 31 - 1 });
    if (error ?? status !== 0) {
      throw error ?? new Error(`${file} exited with ${status}`);
    }
    return stdout;
  };
  return {
    name,
    encode: async (pixels) => [run(encode, pixels)],
    decode: async ([file]) => run(decode, file!),
  };
}

/** JPEG XL, by files of its own: a Netpbm image there and back. */
function jpegXl(folder: string): Method {
  const header = `P${channels === 1 ? 5 : 6}\n${width} ${height}\n255\n`;
  const [source, coded] = [join(folder, 'image.pnm'), join(folder, 'image.jxl')];
  const run = (file: string, ...args: readonly string[]): void => {
    const { status, error } = spawnSync(file, args);
    if (error ?? status !== 0) {
      throw error ?? new Error(`${file} exited with ${status}`);
    }
  };
  return {
    name: 'JPEG XL',
    async encode(pixels) {
      return partsOf(pixels).map((image) => {
        writeFileSync(source, Buffer.concat([Buffer.from(header), image]));
        run('cjxl', source, coded, '-d', '0', '-e', '9', '--quiet');
        return readFileSync(coded);
      });
    },
    async decode(files) {
      return joined(
        files.map((file) => {
          writeFileSync(coded, file);
          run('djxl', coded, source, '--quiet');
          return readFileSync(source).subarray(header.length);
        }),
      );
    },
  };
}

function isInstalled(name: string): boolean {
  return spawnSync(name, ['--version']).error === undefined;
}

await inTemporaryFolder('emerging-compress', async (folder) => {
  const methods: Method[] = [
    own,
    imageFormat(
      'PNG',
      ...[true, false].map(
        (adaptiveFiltering) => (image: Sharp) => image.png({ compressionLevel: 9, adaptiveFiltering }),
      ),
    ),
    imageFormat('WebP', (image) => image.webp({ lossless: true, effort: 6 })),
    ...(isInstalled('cjxl') ? [jpegXl(folder)] : []),
    {
      name: 'gzip',
      encode: async (pixels) => [gzipSync(pixels, { level: 9 })],
      decode: async ([file]) => gunzipSync(file!),
    },
    ...(isInstalled('bzip2') ? [program('bzip2', ['bzip2', '-9'], ['bzip2', '-d'])] : []),
    ...(isInstalled('xz') ? [program('xz', ['xz', '-9e'], ['xz', '-d'])] : []),
  ];
  const model = weightsBytes(trained).length;
  const rows: string[][] = [];
  let [ours, best]: [number, { name: string; bytes: number }] = [0, { name: '', bytes: Infinity }];
  for (const { name, encode, decode } of methods) {
    const there = await timed(() => encode(all));
    const back = await timed(() => decode(there.result));
    const bytes = there.result.reduce((sum, file) => sum + file.length, 0);
    const isExact = Buffer.compare(back.result, all) === 0;
    const rate = ({ seconds }: { seconds: number }): string => formatCount(images.count / seconds);
    const row = (label: string, total: number): string[] => [
      label,
      ((8 * total) / all.length).toFixed(3),
      formatCount(total),
      rate(there),
      rate(back),
      isExact ? 'yes' : 'NO',
    ];
    rows.push(row(name, bytes));
    if (name === own.name) {
      ours = bytes;
      rows.push(row(`${name}, with the model`, bytes + model));
    } else if (bytes < best.bytes) {
      best = { name, bytes };
    }
  }
  const right = { align: 'right' } as const;
  const columns = [
    { title: 'method' },
    { title: 'bits/dim', ...right },
    { title: 'bytes', ...right },
    { title: 'images/s', ...right },
    { title: 'decoded/s', ...right },
    { title: 'exact', ...right },
  ];
  const saved = (best.bytes - ours) / images.count;
  console.log(
    `${formatCount(images.count)} test images of ${command.args[0]}, ${height}x${width}x${channels}, ${workers} workers\n`,
  );
  console.log(formatTable(columns, rows));
  console.log(
    saved > 0
      ? `\nwith the model it pays from ${formatCount(Math.ceil(model / saved))} images on, against ${best.name}`
      : `\n${best.name} is smaller, for any number of images`,
  );
});
