// Images in one array: channels last, or as colour planes.
import { UserError } from '../../errors.ts';
import { isImageChannels, maxDecodedBytes, type RawImage } from '../contract/rawImages.ts';
import { elementBytes, readElements } from '../formats/elements.ts';
import type { NumpyType } from '../formats/npy.ts';
import { interleaved } from '../pixels/interleaved.ts';

/** The memory layout of the images in an array. */
export interface ArrayLayout extends NumpyType {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 2 | 3 | 4;
  /** Whether images are CHW instead of HWC. */
  readonly planar: boolean;
}

/**
 * The layout of the images in an array of this shape: N x H x W, N x H x W x C with C up to 4, or N x
 * (3·S·S), the three colour planes of square images, as in CIFAR-10 and the batches of ImageNet.
 *
 * @param source the array, for errors
 * @throws UserError for any other shape
 */
export function layoutOf(shape: readonly number[], type: NumpyType, source: string): ArrayLayout {
  const [count = 0, height = 0, width = 1, channels = 1] = shape;
  const side = Math.sqrt(height / 3);
  if (shape.length === 2 && Number.isInteger(side)) {
    return checked({ count, height: side, width: side, channels: 3, planar: true });
  }
  if ((shape.length === 3 || shape.length === 4) && isImageChannels(channels)) {
    return checked({ count, height, width, channels, planar: false });
  }
  const hint =
    shape.length === 4 && isImageChannels(height) ? '; transpose(0, 2, 3, 1) puts channels last' : '';
  throw new UserError(
    'invalid-data',
    `${source}: an array of shape ${shape.join(' x ')} does not contain images: expected N x H x W, ` +
      `N x H x W x C (C at most 4) or N x (3·S·S)${hint}`,
  );

  function checked(found: Omit<ArrayLayout, keyof NumpyType>): ArrayLayout {
    const layout = { ...found, type: type.type, isLittle: type.isLittle };
    if (layout.count === 0 || bytesOf(layout) === 0) {
      throw new UserError(
        'invalid-data',
        `${source}: an array of shape ${shape.join(' x ')} is empty; use another copy`,
      );
    }
    if (bytesOf(layout) > maxDecodedBytes) {
      throw new UserError(
        'invalid-data',
        `${source}: images of ${layout.height}x${layout.width} are too large: at most ${maxDecodedBytes} bytes each`,
      );
    }
    return layout;
  }
}

/** The bytes of one image. */
export function bytesOf({ height, width, channels, type }: ArrayLayout): number {
  return height * width * channels * elementBytes[type];
}

/** What is noted of images whose file has labels that are not read. */
export const labelsNotRead = 'labels not read';

/** What an image in an array is called, and what is noted of it. */
interface About {
  readonly name: string;
  /** The file, for errors. */
  readonly source: string;
  readonly notes: readonly string[];
}

/** The image in these bytes, which are copied only if they are planar, or not what memory holds. */
export function arrayImage(bytes: Uint8Array, layout: ArrayLayout, { name, source, notes }: About): RawImage {
  const { height, width, channels, planar } = layout;
  return {
    name,
    async decode() {
      const { values, rounding } = readElements(bytes, layout, `${source}: image ${name}`);
      return {
        width,
        height,
        channels,
        data: planar ? interleaved(values, channels) : values,
        notes,
        ...(rounding > 0 && { rounding }),
      };
    },
  };
}
