// Images of 16 bits as images of 8, for models that take no more.
import { inEightBits } from '../../numeric/values.ts';
import { checkOutput, type ImageSet, imagesBuffer } from '../contract/dataset.ts';

/**
 * A view of images for a model of so many bits: those of 16 bits are rounded to 8 if it takes at most 8; others are
 * unchanged.
 *
 * @param bits undefined for real numbers
 */
export function ofBits(images: ImageSet, bits: number | undefined): ImageSet {
  if (images.kind !== 'uint16' || bits === undefined || bits > 8) {
    return images;
  }
  const { checksum: _, heldOutFrom, ...rest } = images;
  return {
    ...rest,
    kind: 'uint8',
    ...(heldOutFrom && { heldOutFrom: ofBits(heldOutFrom, bits) }),
    read(indices, out) {
      const wide = imagesBuffer(images, indices.length);
      images.read(indices, wide);
      checkOutput(wide.length, 'uint8', out);
      out.set(inEightBits(wide as Uint16Array));
    },
  };
}
