// Tasks of the room Compress: images to a file and back.

import {
  type Decompressed,
  decompress,
  type FlowModel,
  type ImageShape,
  type NamedImage,
  type StageDescription,
  UserError,
} from 'emerging-flows';
import type { GivenFile } from 'emerging-flows/data';
import { contactSheet, drawActivations } from 'emerging-flows/pictures';
import { zipSync } from 'fflate';
import {
  type CodeLength,
  type CompressedSize,
  codeLengths,
  compressParts,
  isCompressed,
  PngEstimate,
  requireCodable,
} from '#uses/codec/index';
import type { Call, Progress } from './calls.ts';
import { type CodecSource, openSource } from './codecSource.ts';
import { TILES } from './constants.ts';
import { type Images, type ModelAddress, modelAt } from './models.ts';
import type { Refused } from './readTasks.ts';

/** How images are compressed. */
export interface CodecOrder {
  readonly model: ModelAddress;
  readonly source: CodecSource;
  readonly block: number;
  readonly withModel: boolean;
  readonly tiles: boolean;
}

/** The progress of compression. */
export interface CodecProgress extends Progress {
  /** The bytes of the images that are done, without the model. */
  readonly bytes?: number;
}

/** A compressed file. */
export interface CompressedImages extends CompressedSize {
  readonly file: Blob;
  /** The bytes of all images as PNG, about. */
  readonly pngBytes: number;
  /** From about how many such images on the file is smaller than PNG, with its model. */
  readonly paysFrom: number;
  /** Whether the images were cut into tiles. */
  readonly tiles: boolean;
  /** The bytes of the files; undefined for images that come from none. */
  readonly fileBytes: number | undefined;
  readonly skipped: readonly Refused[];
  readonly seconds: number;
}

/** Files that a user has chosen. */
export interface GivenToCompress {
  readonly files: readonly GivenFile[];
  /** Whether they come from a folder. */
  readonly isFolder: boolean;
}

/** Names of compressed files, and of those that need not be opened to see that they aren't. */
const [compressedName, pictureName] = [/\.eflow$/i, /\.(png|jpe?g|webp|gif|bmp|tiff?)$/i];

/** The first images on their way to bits. */
export interface CodeTrace {
  readonly names: readonly string[];
  /** Of each image. */
  readonly lengths: readonly CodeLength[];
  /** The images, then what each stage makes of them, in pictures. */
  readonly steps: readonly {
    readonly kind: StageDescription['kind'] | 'image';
    readonly level: number;
    readonly step?: number | undefined;
    readonly picture: Images;
  }[];
}

/** How many images are traced. */
const TRACED = 8;

/** A file to decompress. */
export interface DecodeOrder {
  readonly file: Blob;
  /** The model, if the file has none. */
  readonly model: ModelAddress | undefined;
}

/** A decompressed file. */
export interface DecodedImages {
  /** The number of images that returned. */
  readonly count: number;
  /** The first of them. */
  readonly shown: readonly NamedImage[];
  /** A line for each damaged part. */
  readonly damaged: readonly string[];
  /** The names of images that differ from those that were compressed; undefined if these are unknown. */
  readonly different: readonly string[] | undefined;
}

/** The number of images that the page shows. */
const SHOWN = 200;

/** The tasks, by name. */
export const codecTasks = {
  /**
   * The position of the compressed file among given files; undefined if they are images. Fails if there are several of them, or
   * one among images. In a folder of images, compressed files are ignored as other files are.
   */
  async compressedAmong({ files, isFolder }: GivenToCompress): Promise<number | undefined> {
    const isAlone = files.length === 1;
    const areCompressed = await Promise.all(
      files.map(
        async ({ path, file }) =>
          compressedName.test(path) ||
          ((isAlone || !pictureName.test(path)) &&
            (await beginsCompressed(file).catch((error: unknown) => {
              if (isAlone) {
                throw error;
              }
              // Not readable: it is skipped, or ignored if it isn't an image.
              return false;
            }))),
      ),
    );
    const compressed = areCompressed.filter((is) => is).length;
    if (isAlone || compressed === 0) {
      return compressed === 0 ? undefined : 0;
    }
    if (compressed === files.length) {
      throw new Error(`These are ${compressed} compressed files: choose one at a time.`);
    }
    if (!isFolder) {
      throw new Error(
        `${files[areCompressed.indexOf(true)]!.path} is a compressed file: choose it alone to decode it, or only images to compress them.`,
      );
    }
    return undefined;
  },

  /** The model's image shape; fails if it can't compress. */
  async codable({ model: address }: { model: ModelAddress }, call: Call): Promise<ImageShape> {
    const { model, imageShape } = await modelAt(address, call);
    requireCodable(model);
    return imageShape;
  },

  /** Compresses images. */
  async compress(
    { model: address, source, block, withModel, tiles }: CodecOrder,
    call: Call<CodecProgress>,
  ): Promise<CompressedImages> {
    const model = await modelAt(address, call);
    const { signal, report } = call;
    const skipped: Refused[] = [];
    let fileBytes = 0;
    const { count, read } = await openSource(source);
    /** Why an image of another size ends the work before it is decoded, which takes long for large ones. */
    let refusal: Error | undefined;
    const images = read({
      onSkip(reason, name) {
        if (refusal) {
          throw refusal;
        }
        skipped.push({ name, reason: `${reason}.` });
      },
      onBytes: (bytes) => {
        fileBytes += bytes;
      },
      onSize(path, height, width) {
        if (!tiles && !isSize([height, width], model.imageShape)) {
          const [modelHeight, modelWidth] = model.imageShape;
          refusal = new Error(
            `${path} is ${height}x${width} pixels, but the model takes ${modelHeight}x${modelWidth}: choose “${TILES}”.`,
          );
          throw new UserError('mismatch', refusal.message);
        }
      },
    });
    const png = new PngEstimate(count);
    const total = count;
    const begin = performance.now();
    let [done, bits] = [0, 0];
    const onImages = (more: number, moreBits = 0): void => {
      done += more;
      bits += moreBits;
      report({ done, total, doing: 'Compressing', bytes: bits / 8 });
    };
    report({ done, total, doing: 'Compressing' });
    const parts: BlobPart[] = [];
    const writing = compressParts(model, png.following(images), {
      block,
      withModel,
      count,
      tiles,
      workers: workersFor(tiles ? Number.POSITIVE_INFINITY : count / block),
      signal,
      onImages,
    });
    for (;;) {
      const { done: isDone, value } = await writing.next().catch((error) => {
        throw inPageWords(error);
      });
      if (!isDone) {
        parts.push(new Uint8Array(value));
        continue;
      }
      if (value.images === 0) {
        throw new Error(
          count === 0
            ? 'There are no images among these files.'
            : `None of these images can be compressed: ${skipped[0]!.reason}`,
        );
      }
      return {
        ...value,
        file: new Blob(parts),
        pngBytes: png.bytes,
        paysFrom: png.paysFrom(value),
        tiles,
        fileBytes: source.kind === 'files' ? fileBytes : undefined,
        skipped,
        seconds: (performance.now() - begin) / 1000,
      };
    }
  },

  /** How the first images become bits: what each stage makes of them, and the length of their code after it. */
  async trace(
    { model: address, source }: { readonly model: ModelAddress; readonly source: CodecSource },
    call: Call,
  ): Promise<CodeTrace | undefined> {
    const model = await modelAt(address, call);
    const { imageShape: shape } = model;
    const { signal } = call;
    const traced: NamedImage[] = [];
    const images = (await openSource(source)).read({
      onSize(path, height, width) {
        signal.throwIfAborted();
        if (!isSize([height, width], shape)) {
          // Skipped before it is decoded, which takes long for large images.
          throw new UserError('mismatch', `${path} has another size`);
        }
      },
    });
    for await (const image of images) {
      signal.throwIfAborted();
      if (String(image.shape) === String(shape)) {
        traced.push(image);
      }
      if (traced.length === TRACED) {
        break;
      }
    }
    if (traced.length === 0) {
      return undefined;
    }
    const size = shape[0] * shape[1] * shape[2];
    const pixels = new Uint8Array(traced.length * size);
    traced.forEach((image, index) => {
      pixels.set(image.pixels, index * size);
    });
    call.report({ done: 0, total: undefined, doing: 'Tracing the first images' });
    const stages = await model.stageImages(pixels, { signal });
    return {
      names: traced.map(({ name }) => name),
      lengths: await codeLengths(model, pixels, { signal }),
      steps: [
        { kind: 'image', level: 0, picture: { pixels, shape } },
        ...stages.map(({ output, latent, kind, level, step }) => {
          const drawn = drawActivations(latent ?? output!, { imageShape: shape });
          return { kind, level, step, picture: { pixels: drawn.pixels, shape: drawn.imageShape } };
        }),
      ],
    };
  },

  /** Decompresses a file, and compares its images with the compressed ones if they are known. */
  async decompress(
    { source, ...order }: DecodeOrder & { source?: CodecSource },
    call: Call,
  ): Promise<DecodedImages> {
    const originals = source && (await openSource(source));
    const { images, damaged } = await decoded(order, originals?.count, call);
    let different: string[] | undefined;
    if (originals) {
      different = [];
      // In the same order; dropped files may share a name.
      let next = 0;
      for await (const { name, shape, pixels } of originals.read()) {
        const original = images[next]?.name === name ? images[next++] : undefined;
        if (String(original?.shape) !== String(shape) || !isEqual(original!.pixels, pixels)) {
          different.push(name);
        }
      }
    }
    return { count: images.length, shown: images.slice(0, SHOWN), damaged, different };
  },

  /** The images of a file as PNG, in a zip archive. */
  async unpack(order: DecodeOrder, call: Call): Promise<Blob> {
    const { images } = await decoded(order, undefined, call);
    const names = zipNames(images.map(({ name }) => name));
    const files = Object.fromEntries(
      images.map(({ pixels, shape }, index) => [
        names[index],
        contactSheet(pixels, { imageShape: shape, scale: 1 }),
      ]),
    );
    // PNG doesn't compress further.
    return new Blob([new Uint8Array(zipSync(files, { level: 0 }))]);
  },
};

/** The tasks that a page may call. */
export type CodecTasks = typeof codecTasks;

/** Whether a file begins as compressed ones do. */
async function beginsCompressed(file: Blob): Promise<boolean> {
  return isCompressed(new Uint8Array(await file.slice(0, 8).arrayBuffer()));
}

/** Decompresses with the model in the file, or with the given one if there is none. */
async function decoded(
  { file, model: address }: DecodeOrder,
  total: number | undefined,
  call: Call,
): Promise<Decompressed> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const { signal, report } = call;
  const decodedWith = (model: FlowModel | undefined): Promise<Decompressed> => {
    let done = 0;
    const onImages = (more: number): void => {
      done += more;
      report({ done, total, doing: 'Decoding' });
    };
    return decompress(bytes, { model, workers: workersFor(Number.POSITIVE_INFINITY), signal, onImages });
  };
  report({ done: 0, total, doing: 'Decoding' });
  try {
    return await decodedWith(undefined);
  } catch (error) {
    if (!(error instanceof UserError && error.code === 'not-ready')) {
      throw error;
    }
    if (!address) {
      const problem = error.message.replace(/: name it with .*/, '');
      throw new Error(`${problem.charAt(0).toUpperCase()}${problem.slice(1)}: choose it above.`, {
        cause: error,
      });
    }
    return decodedWith(await modelAt(address, call));
  }
}

/** Whether an image may have the model's size: a rotated photo has its sides in the other order. */
function isSize(sides: readonly [number, number], [height, width]: ImageShape): boolean {
  return Math.max(...sides) === Math.max(height, width) && Math.min(...sides) === Math.min(height, width);
}

/** The error, with the page's checkbox where the library names its option. */
function inPageWords(error: unknown): unknown {
  return error instanceof UserError && error.message.includes('add tiles: true')
    ? new Error(`${error.message.replace(/add tiles: true.*/, `choose “${TILES}”`)}.`, { cause: error })
    : error;
}

/** One worker for each core, but no more than there are blocks. */
function workersFor(blocks: number): number {
  return Math.max(1, Math.min(navigator.hardwareConcurrency, Math.ceil(blocks)));
}

function isEqual(first: Uint8Array, second: Uint8Array): boolean {
  return first.length === second.length && first.every((value, index) => value === second[index]);
}

/** PNG names that stay within their folder, each of them once. */
export function zipNames(names: readonly string[]): string[] {
  const usedNames = new Set<string>();
  return names.map((name) => {
    const parts = name.split(/[/\\]/).filter((part) => !/^(\.{0,2}|[a-z]:)$/i.test(part));
    const path = parts.join('/') || 'image';
    const stem = /\.png$/i.test(path) ? path.slice(0, -4) : path;
    let candidate = `${stem}.png`;
    for (let number = 2; usedNames.has(candidate.toLowerCase()); number++) {
      candidate = `${stem}-${number}.png`;
    }
    usedNames.add(candidate.toLowerCase());
    return candidate;
  });
}
