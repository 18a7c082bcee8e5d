// How many bytes images would take as PNG, estimated from some of them, and whether a compressed file is smaller.
import { countDimensions } from '../../core/numeric/index.ts';
import { contactSheet } from '../../data/pictures/index.ts';
import type { CompressedSize } from './compress.ts';
import type { NamedImage } from './namedImage.ts';

/** At most about this many images are written as PNG: it takes longer than compressing them. */
const MOST = 100;

/** An estimate from images on their way elsewhere. */
export class PngEstimate {
  private readonly every: number;
  private values = 0;
  private measured = { values: 0, bytes: 0 };

  /** @param count how many images there are */
  constructor(count: number) {
    this.every = Math.ceil(count / MOST);
  }

  /** Passes images on, and measures some. */
  async *following(images: AsyncIterable<NamedImage> | Iterable<NamedImage>): AsyncGenerator<NamedImage> {
    let number = 0;
    for await (const image of images) {
      const values = countDimensions(image.shape);
      this.values += values;
      if (number++ % this.every === 0) {
        this.measured.values += values;
        this.measured.bytes += contactSheet(image.pixels, { imageShape: image.shape, scale: 1 }).length;
      }
      yield image;
    }
  }

  /**
   * From about how many such images on a compressed file is smaller than PNG: the model is stored once. Rounded up to two
   * digits; Infinity if it never is.
   */
  paysFrom({ images, bytes, modelBytes }: Pick<CompressedSize, 'images' | 'bytes' | 'modelBytes'>): number {
    const saved = this.bytes - (bytes - modelBytes);
    if (saved <= 0) {
      return Number.POSITIVE_INFINITY;
    }
    const from = (modelBytes / saved) * images;
    const unit = 10 ** Math.max(0, Math.floor(Math.log10(from)) - 1);
    return Math.ceil(from / unit) * unit;
  }

  /** The bytes of all images as PNG, about. */
  get bytes(): number {
    return (this.measured.bytes / Math.max(1, this.measured.values)) * this.values;
  }
}
