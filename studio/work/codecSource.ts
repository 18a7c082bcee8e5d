// The images to compress in a page: of files, read on demand, or images that the page has.
import type { NamedImage } from 'emerging-flows';
import { exactImages, type GivenFile } from 'emerging-flows/data';
import type { Images } from './models.ts';

/** Images to compress: files, or images that the page has. */
export type CodecSource =
  | { readonly kind: 'files'; readonly files: readonly GivenFile[] }
  | ({ readonly kind: 'images'; readonly names: readonly string[] } & Images);

/** Images to compress, which are read on demand. */
interface OpenedSource {
  readonly count: number;
  read(events?: {
    onSkip?(reason: string, path: string): void;
    onBytes?(bytes: number): void;
    /** Hears the size of a file's image before it is decoded; an error ends the reading. */
    onSize?(path: string, height: number, width: number): void;
  }): AsyncGenerator<NamedImage>;
}

/** Opens the images; files that can't be read without a loss are skipped. */
export async function openSource(source: CodecSource): Promise<OpenedSource> {
  if (source.kind === 'files') {
    const images = await exactImages(source.files);
    return {
      count: images.count,
      async *read({ onSkip, onBytes, onSize } = {}) {
        const skip = (reason: string, path: string): void => onSkip?.(reason, path);
        for await (const { bytes, ...image } of images.read(skip, onSize)) {
          onBytes?.(bytes);
          yield image;
        }
      },
    };
  }
  const { names, pixels, shape } = source;
  const size = shape[0] * shape[1] * shape[2];
  return {
    count: names.length,
    async *read() {
      for (const [index, name] of names.entries()) {
        yield { name, shape, pixels: pixels.subarray(index * size, (index + 1) * size) };
      }
    },
  };
}
