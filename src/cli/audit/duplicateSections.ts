// The sections of an audit about duplicates: identical images, and nearly identical ones.
import type { Audit } from '../../evaluation/audit/audit.ts';
import { type AuditSection, groupsText, isShared, type SectionOptions, shownGroups } from './section.ts';

/** The effect of images in two splits. */
const leak = 'Test results are too good if test images are also among the training images.';

/** Which image to keep of groups, some of which may be in two splits. */
function keepText(images: Audit['images'], groups: readonly (readonly number[])[]): string {
  const across = groups.some((group) => isShared(images, group))
    ? ' Of groups in both training and test images, drop the test image or, if the test images must stay as published, the training image.'
    : '';
  return `Keep one image of each group.${across}`;
}

/** Images with the same pixels. */
export function identicalSection(found: Audit, { source, top }: SectionOptions): AuditSection {
  const { images, identical } = found;
  return {
    id: 'identical',
    title: 'Identical images',
    found: groupsText(images, identical),
    attention: identical.length > 0,
    about: [
      'Images with the same size and pixels, in files of any format. There are no false alarms.',
      ...(identical.some((group) => isShared(images, group)) ? [leak] : []),
    ],
    next:
      identical.length > 0
        ? `${keepText(images, identical)} emerging datasets prepare ${source} --size N --unique does it, and keeps training images.`
        : undefined,
    ...shownGroups(found, identical, top),
  };
}

/** Copies with small changes. */
export function nearSection(found: Audit, { top }: SectionOptions): AuditSection {
  const { images, near } = found;
  const groups = 'found' in near ? near.found : [];
  return {
    id: 'near',
    title: 'Near duplicates',
    found: 'found' in near ? groupsText(images, groups) : 'not examined',
    attention: groups.length > 0,
    about:
      'found' in near
        ? [
            'Copies that were compressed again, resized, shifted by a pixel, or made slightly brighter. Each image is compared with its nearest neighbours at 32 x 32 pixels: a least-squares fit of brightness, contrast, blur and shift (Lucas and Kanade) must leave at most 4 % of the variance, and at most half of what it leaves for the most similar other image.',
            'False alarms: simple images that hardly differ at 32 x 32 pixels, such as two strokes, or icons that differ only in a small mark. Not found: mirrored, rotated, cropped or recoloured copies.',
            ...(groups.some((group) => isShared(images, group)) ? [leak] : []),
          ]
        : [`Not examined: ${near.missing}.`],
    next:
      groups.length > 0
        ? `Check by eye that they are copies. ${keepText(images, groups)} prepare --unique skips identical images only, so delete these yourself.`
        : undefined,
    ...shownGroups(found, groups, top),
  };
}
