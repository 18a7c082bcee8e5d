// Decodes a .npy file of one image.
import { UserError } from '../../errors.ts';
import { inMemory } from '../../storage/randomAccess.ts';
import { type DecodedImage, isImageChannels } from '../contract/rawImages.ts';
import type { BeginDecoding } from './beginDecoding.ts';
import { charactersOf } from './bytes.ts';
import { elementBytes, readElements } from './elements.ts';
import { readNpyHeader } from './npy.ts';

/** Whether a file is an array of several images: `[N, H, W]` or `[N, H, W, C]`, unless it can be one image, `[H, W, C]`. */
export async function isStack(bytes: Uint8Array, source: string): Promise<boolean> {
  if (charactersOf(bytes.subarray(0, 6)) !== '\x93NUMPY') {
    return false;
  }
  const { shape } = await readNpyHeader(inMemory(bytes, source), source);
  return shape.length === 4 || (shape.length === 3 && !isImageChannels(shape[2]!));
}

/**
 * Decodes an array `[H, W]` or `[H, W, C]` with up to four channels.
 *
 * @param source the file, for errors
 * @param begin called before memory is allocated
 * @throws UserError if it is corrupt, or an array of another shape or type
 */
export async function decodeNpy(
  bytes: Uint8Array,
  source: string,
  begin: BeginDecoding,
): Promise<DecodedImage> {
  const { shape, offset, ...type } = await readNpyHeader(inMemory(bytes, source), source);
  const [height = 0, width = 0, channels = 1] = shape;
  if (shape.length < 2 || shape.length > 3 || !isImageChannels(channels)) {
    throw new UserError(
      'invalid-data',
      `${source}: an array of shape ${shape.join(' x ')} is not one image: expected H x W or H x W x C (C at most 4); ` +
        'name a file of many images alone, as a dataset',
    );
  }
  await begin(width, height, { pixelBytes: channels * (elementBytes[type.type] + 4) });
  const { values, rounding } = readElements(bytes.subarray(offset), type, source);
  return { width, height, channels, data: values, notes: [], ...(rounding > 0 && { rounding }) };
}
