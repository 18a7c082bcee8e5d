// Parses the option `--augment`: a comma-separated list of augmentations.
import { type AugmentationName, augmentations } from '../../data/pixels/augment.ts';
import { unknownName } from '../../errors.ts';

/** Parses a list such as `shift,flip`. */
export function augmentationList(text: string): AugmentationName[] {
  return text.split(',').map((name) => {
    if (!Object.hasOwn(augmentations, name)) {
      throw unknownName('augmentation', name, Object.keys(augmentations));
    }
    return name as AugmentationName;
  });
}
