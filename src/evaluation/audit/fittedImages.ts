// The images of an audit in the shape of a model.
import type { DecodedImage } from '../../data/contract/rawImages.ts';
import { fitImage } from '../../data/pixels/fitImage.ts';
import { UserError } from '../../errors.ts';
import { dimensionsOf, type ImageShape, showImageShape } from '../../numeric/imageShape.ts';

/** The most bytes of pixels for a model: 2 GiB. */
const MOST_BYTES = 2 ** 31;

/** The images of a dataset that a model can score. */
export class FittedImages {
  readonly pixels: Uint8Array[] = [];
  /** The position of each of them. */
  readonly positions: number[] = [];
  /** The positions of the images of another shape. */
  readonly others: number[] = [];
  private readonly source: string;
  private readonly wanted: ImageShape;
  private readonly resize: boolean;
  private refusal: UserError | undefined;

  /**
   * @param source the dataset, for errors
   * @param wanted the image shape of the model
   */
  constructor(source: string, wanted: ImageShape, { resize }: { readonly resize: boolean }) {
    this.source = source;
    this.wanted = wanted;
    this.resize = resize;
  }

  /**
   * Takes an image and its position.
   *
   * @throws UserError if there are more than fit into memory
   */
  add({ height, width, channels, data }: DecodedImage, index: number): void {
    const image = { shape: [height, width, channels] as const, pixels: data };
    try {
      const { resize, source } = this;
      const fitted = fitImage(image, this.wanted, { source: `an image of ${source}`, resize });
      // Not a view: it would keep all pixels of a larger array.
      this.pixels.push(fitted === data ? Uint8Array.from(fitted) : fitted);
      this.positions.push(index);
    } catch (error) {
      if (!(error instanceof UserError)) {
        throw error;
      }
      this.refusal ??= error;
      this.others.push(index);
    }
    if (this.pixels.length * dimensionsOf(this.wanted) > MOST_BYTES) {
      throw new UserError(
        'unsupported',
        `${this.source}: more images than fit into memory for a model of ${showImageShape(this.wanted)}: audit fewer images at once`,
      );
    }
  }

  /** @throws UserError if no image has the model's shape */
  requireSome(): void {
    if (this.pixels.length === 0) {
      throw this.refusal!;
    }
  }
}
