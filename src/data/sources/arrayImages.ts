// Images that lie in one array, one after the other: as rows of pixels, or as planes of one colour each.
import { UserError } from '../../errors.ts';
import { isImageChannels, maxDecodedBytes, type RawImage } from '../rawImages.ts';

/** How the images of an array lie. */
export interface ArrayLayout {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 2 | 3 | 4;
  /** Whether each image is its channels one after the other, and not its pixels. */
  readonly planar: boolean;
}

/**
 * How the images of an array of this shape lie: N x H x W, N x H x W x C with C up to 4, or N x (3·S·S), the three
 * colours of square images as planes, as CIFAR-10 and the batches of ImageNet have them.
 *
 * @param source names the array in errors
 * @throws UserError for any other shape
 */
export function layoutOf(shape: readonly number[], source: string): ArrayLayout {
  const [count = 0, height = 0, width = 1, channels = 1] = shape;
  const side = Math.sqrt(height / 3);
  if (shape.length === 2 && Number.isInteger(side)) {
    return checked({ count, height: side, width: side, channels: 3, planar: true });
  }
  if ((shape.length === 3 || shape.length === 4) && isImageChannels(channels)) {
    return checked({ count, height, width, channels, planar: false });
  }
  const turned =
    shape.length === 4 && isImageChannels(height) ? '; transpose(0, 2, 3, 1) puts channels last' : '';
  throw new UserError(
    'invalid-data',
    `${source}: an array ${shape.join(' x ')} holds no images: expected N x H x W, N x H x W x C (C at most 4) or N x ` +
      `(3·S·S)${turned}`,
  );

  function checked(layout: ArrayLayout): ArrayLayout {
    if (layout.count === 0 || bytesOf(layout) === 0) {
      throw new UserError(
        'invalid-data',
        `${source}: an array ${shape.join(' x ')} is empty; use another copy`,
      );
    }
    if (bytesOf(layout) > maxDecodedBytes) {
      throw new UserError(
        'invalid-data',
        `${source}: images of ${layout.height}x${layout.width}: at most ${maxDecodedBytes} bytes each`,
      );
    }
    return layout;
  }
}

/** The bytes of one image. */
export function bytesOf({ height, width, channels }: ArrayLayout): number {
  return height * width * channels;
}

/** The image in its bytes, which are kept where they need no turning. */
export function arrayImage(bytes: Uint8Array, layout: ArrayLayout, name: string): RawImage {
  const { height, width, channels, planar } = layout;
  return {
    name,
    decode: async () => ({
      width,
      height,
      channels,
      data: planar ? interleaved(bytes, channels) : bytes,
      notes: [],
    }),
  };
}

/** An image from planes of one channel each (CHW) to pixels (HWC). */
export function interleaved(planes: Uint8Array, channels: number): Uint8Array {
  const pixels = planes.length / channels;
  const out = new Uint8Array(planes.length);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      out[pixel * channels + channel] = planes[channel * pixels + pixel]!;
    }
  }
  return out;
}
