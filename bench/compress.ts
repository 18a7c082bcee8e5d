// Lossless compression of a split by a model, against image formats (a file for each image) and general compressors
// (all pixels in one stream).
//
//   npx tsx bench/compress.ts mnist=models/mnist-small
//   npx tsx bench/compress.ts mnist=models/mnist-small photos-32.images=runs/photos --timings --out docs/results/compress.md
//
// All of our file counts, with and without the model. JPEG XL needs cjxl and djxl (Debian's libjxl-tools), bzip2 and xz
// their commands; what is missing is left out. Every method must return every pixel. Times are left out unless asked for:
// the machine must be idle. They are of one run, one method after the other.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Command } from 'commander';
import sharp, { type Sharp } from 'sharp';
import { timed } from '../src/benchmarks/timing.ts';
import { wholeNumber } from '../src/cli/parts/options.ts';
import { formatBytes, formatCount } from '../src/cli/terminal/format.ts';
import { compress } from '../src/codec/compress.ts';
import { decompress } from '../src/codec/decompress.ts';
import type { NamedImage } from '../src/codec/namedImage.ts';
import { firstImages, readAll } from '../src/data/contract/dataset.ts';
import { openSplit } from '../src/data/registry.ts';
import { UserError } from '../src/errors.ts';
import { dimensionsOf, type ImageShape, showImageShape } from '../src/numeric/imageShape.ts';
import { availableCores } from '../src/platform/machine.node.ts';
import { eightBit } from '../src/testing/eightBit.ts';
import { loadTrained } from '../src/trained/loading/loadTrained.ts';
import { weightsBytes } from '../src/trained/loading/weightsBytes.ts';
import type { TrainedModel } from '../src/trained/model/trainedModel.ts';
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
  .argument(
    '<data=model...>',
    'datasets, whose test images are compressed, each with a run folder or an exported model',
  )
  .option('--count <n>', 'images, from the first (default: all)', wholeNumber(1))
  .option(
    '--workers <n>',
    'blocks, or JPEG XL images, coded at the same time (default: one per core)',
    wholeNumber(1),
  )
  .option('--timings', 'report images per second: on an idle machine')
  .option('--out <file>', 'write the tables to a document')
  .parse();
const options = command.opts<{ count?: number; workers?: number; timings?: true; out?: string }>();
const workers = options.workers ?? availableCores();

/** The images of a set and their model. */
interface Source {
  readonly name: string;
  readonly trained: TrainedModel;
  readonly count: number;
  /** All pixels. */
  readonly all: Uint8Array;
}

async function sourceOf(text: string): Promise<Source> {
  const at = text.lastIndexOf('=');
  if (at < 1) {
    throw new UserError('invalid-argument', `${text} names no model: write it as data=model`);
  }
  const [name, trained] = [text.slice(0, at), await loadTrained(text.slice(at + 1))];
  const split = await openSplit(name, 'test', { validation: 0, like: trained.model.imageShape });
  const images = firstImages(split, options.count ?? split.count);
  return { name, trained, count: images.count, all: eightBit(readAll(images)) };
}

const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** The images in pixels, one by one. */
function partsOf(pixels: Uint8Array, imageShape: ImageShape): Uint8Array[] {
  const size = dimensionsOf(imageShape);
  return Array.from({ length: pixels.length / size }, (_, index) =>
    pixels.subarray(index * size, (index + 1) * size),
  );
}

const OWN = 'emerging';

/** Our own file, without the model. */
const ownFile = (trained: TrainedModel, imageShape: ImageShape): Method => ({
  name: OWN,
  encode: async (pixels) => {
    const named = partsOf(pixels, imageShape).map(
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
});

/** A format for which sharp writes a file for each image: the smallest of several ways. */
function imageFormat(
  name: string,
  imageShape: ImageShape,
  ...ways: readonly ((image: Sharp) => Sharp)[]
): Method {
  const [height, width, channels] = imageShape;
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
        partsOf(pixels, imageShape).map(async (image) => {
          const files = await Promise.all(ways.map((write) => write(inOwnColours(image)).toBuffer()));
          return files.reduce((best, file) => (file.length < best.length ? file : best));
        }),
      ),
    decode: async (files) => joined(await Promise.all(files.map(decoded))),
  };
}

/** The output of a program that reads a stream and writes another. */
function run([file, ...args]: readonly string[], input: Uint8Array): Uint8Array {
  const { stdout, status, error } = spawnSync(file!, args, { input, maxBuffer: 2 ** 31 - 1 });
  if (error ?? status !== 0) {
    throw error ?? new Error(`${file} exited with ${status}`);
  }
  return stdout;
}

/** A general compressor of all pixels. */
const program = (name: string, encode: readonly string[], decode: readonly string[]): Method => ({
  name,
  encode: async (pixels) => [run(encode, pixels)],
  decode: async ([file]) => run(decode, file!),
});

/**
 * JPEG XL, by files of its own: a Netpbm image there and back. xargs starts as many processes at a time as we have
 * workers: starting tens of thousands from Node would take longer than they do.
 */
function jpegXl(folder: string, imageShape: ImageShape): Method {
  const [height, width, channels] = imageShape;
  const header = Buffer.from(`P${channels === 1 ? 5 : 6}\n${width} ${height}\n255\n`);
  const convert = (
    inputs: readonly Uint8Array[],
    [from, to]: readonly [string, string],
    program: readonly string[],
  ): Buffer[] => {
    const file = (index: number, type: string): string => join(folder, `${index}.${type}`);
    inputs.forEach((input, index) => {
      writeFileSync(file(index, from), input);
    });
    const input = inputs.map((_, index) => `${file(index, from)} ${file(index, to)}\n`).join('');
    run(['xargs', '-P', String(workers), '-n', '2', ...program], Buffer.from(input));
    return inputs.map((_, index) => readFileSync(file(index, to)));
  };
  return {
    name: 'JPEG XL',
    encode: async (pixels) => {
      const images = partsOf(pixels, imageShape).map((image) => Buffer.concat([header, image]));
      return convert(images, ['pnm', 'jxl'], ['cjxl', '-d', '0', '-e', '9', '--quiet']);
    },
    decode: async (files) => {
      const images = convert(files, ['jxl', 'pnm'], ['djxl', '--quiet']);
      return joined(images.map((image) => image.subarray(header.length)));
    },
  };
}

function isInstalled(name: string): boolean {
  return spawnSync(name, ['--version']).error === undefined;
}

/** The methods that this machine has, ours first. */
function methodsFor(trained: TrainedModel, folder: string): Method[] {
  const { imageShape } = trained.model;
  const filters = [true, false].map(
    (adaptiveFiltering) => (image: Sharp) => image.png({ compressionLevel: 9, adaptiveFiltering }),
  );
  return [
    ownFile(trained, imageShape),
    imageFormat('PNG', imageShape, ...filters),
    imageFormat('WebP', imageShape, (image) => image.webp({ lossless: true, effort: 6 })),
    ...(isInstalled('cjxl') ? [jpegXl(folder, imageShape)] : []),
    {
      name: 'gzip',
      encode: async (pixels) => [gzipSync(pixels, { level: 9 })],
      decode: async ([file]) => gunzipSync(file!),
    },
    ...(isInstalled('bzip2') ? [program('bzip2', ['bzip2', '-9'], ['bzip2', '-d'])] : []),
    ...(isInstalled('xz') ? [program('xz', ['xz', '-9e'], ['xz', '-d'])] : []),
  ];
}

/** A section of the document: all methods on the images of one set. */
async function section({ name, trained, count, all }: Source, folder: string): Promise<string> {
  const model = weightsBytes(trained).length;
  const rows: string[][] = [];
  let [ours, best]: [number, { name: string; bytes: number }] = [0, { name: '', bytes: Infinity }];
  for (const method of methodsFor(trained, folder)) {
    process.stderr.write(`${name}: ${method.name}\n`);
    const there = await timed(() => method.encode(all));
    const back = await timed(() => method.decode(there.result));
    if (Buffer.compare(back.result, all) !== 0) {
      throw new Error(`${method.name} does not return the pixels of ${name}`);
    }
    const bytes = there.result.reduce((sum, file) => sum + file.length, 0);
    const times = [there, back].map(({ seconds }) => formatCount(count / seconds));
    const row = (label: string, total: number): string[] => [
      label,
      ((8 * total) / all.length).toFixed(3),
      formatCount(total),
      ...(options.timings ? times : []),
    ];
    rows.push(row(method.name, bytes));
    if (method.name === OWN) {
      ours = bytes;
      rows.push(row(`${OWN}, with the model`, bytes + model));
    } else if (bytes < best.bytes) {
      best = { name: method.name, bytes };
    }
  }
  const titles = ['method', 'bits/dim', 'bytes', ...(options.timings ? ['images/s', 'decoded/s'] : [])];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const saved = (best.bytes - ours) / count;
  return [
    `## ${name}`,
    `${formatCount(count)} test images, ${showImageShape(trained.model.imageShape)}, with a model of ${formatBytes(model)}.`,
    [line(titles), line(titles.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join(
      '\n',
    ),
    saved > 0
      ? `With the model it pays from ${formatCount(Math.ceil(model / saved))} images on, against ${best.name}.`
      : `${best.name} is smaller, for any number of images.`,
  ].join('\n\n');
}

await inTemporaryFolder('emerging-compress', async (folder) => {
  const sections: string[] = [];
  for (const text of command.args) {
    sections.push(await section(await sourceOf(text), folder));
  }
  const sources = [...command.args, ...(options.count === undefined ? [] : ['--count', options.count])].join(
    ' ',
  );
  const document = `# Lossless compression\n\nGenerated by \`npx tsx bench/compress.ts ${sources}\`. Every method returned every pixel. [How it works](../compress.md).\n\n${sections.join('\n\n')}\n`;
  if (options.out === undefined) {
    console.log(document);
  } else {
    writeFileSync(options.out, document);
  }
});
