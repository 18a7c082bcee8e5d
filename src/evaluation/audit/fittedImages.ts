// The images of an audit in the shape of a model.
import type { DecodedImage } from '../../data/contract/rawImages.ts';
import { fitImage } from '../../data/pixels/fitImage.ts';
import { UserError } from '../../errors.ts';
import { type ImageShape, showImageShape } from '../../numeric/imageShape.ts';
import type { Values } from '../../numeric/values.ts';

/** The most bytes of pixels for a model: 2 GiB. */
const MOST_BYTES = 2 ** 31;

/** The images of a dataset that a model can score. */
export class FittedImages {
  readonly pixels: (readonly [name: string, values: Values])[] = [];
  /** The position of each of them. */
  readonly positions: number[] = [];
  /** The positions of the images of another shape. */
  readonly others: number[] = [];
  private readonly wanted: ImageShape;
  private readonly resize: boolean;
  private refusal: UserError | undefined;
  private isFull = false;

  /** @param wanted the image shape of the model */
  constructor(wanted: ImageShape, { resize }: { readonly resize: boolean }) {
    this.wanted = wanted;
    this.resize = resize;
  }

  /** Takes an image, its position and its name, for errors. */
  add({ height, width, channels, data }: DecodedImage, index: number, name: string): void {
    if (this.isFull) {
      return;
    }
    const image = { shape: [height, width, channels] as const, pixels: data };
    try {
      const fitted = fitImage(image, this.wanted, { source: name, resize: this.resize });
      // Not a view: it would keep all pixels of a larger array.
      this.pixels.push([name, fitted === data ? fitted.slice() : fitted]);
      this.positions.push(index);
    } catch (error) {
      if (!(error instanceof UserError)) {
        throw error;
      }
      this.refusal ??= error;
      this.others.push(index);
    }
    if (this.pixels.length * (this.pixels[0]?.[1].byteLength ?? 0) > MOST_BYTES) {
      this.isFull = true;
      this.pixels.length = 0;
    }
  }

  /** @throws UserError if no image has the model's shape, or they don't fit into memory together */
  requireUsable(): void {
    if (this.isFull) {
      throw new UserError(
        'unsupported',
        `more images than fit into memory for a model of ${showImageShape(this.wanted)}: audit fewer at once`,
      );
    }
    if (this.pixels.length === 0) {
      throw this.refusal!;
    }
  }
}
