// The sections of an audit about files: those that cannot be read, sizes, modes and blank images.
import type { Audit, ImageGroup } from '../../../uses/odd/audit/index.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import {
  type AuditSection,
  groupsText,
  isShared,
  type SectionOptions,
  shownGroups,
  shownList,
} from './section.ts';

/** How many sizes and modes are listed. */
const LISTED = 12;

/** Files that cannot be read, and others that are left out. */
export function unreadableSection({ unreadable, dataset }: Audit, { top }: SectionOptions): AuditSection {
  const { warnings = [], leftOut } = dataset;
  const { otherFormats = [], noImages = [] } = leftOut ?? {};
  const more = unreadable.length - top;
  const others = otherFormats.length + noImages.length;
  const isFaulty = unreadable.length + warnings.length > 0;
  return {
    id: 'unreadable',
    title: 'Unreadable files',
    found:
      (unreadable.length === 0 ? 'none' : formatCounted(unreadable.length, 'file')) +
      (others === 0 ? '' : `; ${formatCount(others)} left out`),
    attention: isFaulty,
    about: [
      'Images that cannot be decoded completely, and files that are left out: images in other formats, and files without the extension of an image.',
    ],
    next: isFaulty
      ? 'Replace unreadable files by intact copies, and convert other formats to PNG. emerging datasets prepare skips and reports them.'
      : undefined,
    lines: [...unreadable.slice(0, top), ...(more > 0 ? [`and ${formatCount(more)} more`] : [])],
    notes: [
      ...warnings,
      ...(noImages.length > 0
        ? [
            `other files (${listExtensions(noImages)}): ${formatCount(noImages.length)}, such as ${noImages[0]}`,
          ]
        : []),
    ],
    groups: [],
  };
}

/** `.svg, .txt`, the most frequent first. */
function listExtensions(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) {
    const extension = /\.[^./]+$/.exec(name)?.[0].toLowerCase() ?? 'no extension';
    counts.set(extension, (counts.get(extension) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a).map(([extension]) => extension);
  return `${sorted.slice(0, LISTED).join(', ')}${sorted.length > LISTED ? ', …' : ''}`;
}

/** Sizes and aspect ratios that most images don't have. */
export function sizeSection(audit: Audit, { source, top }: SectionOptions): AuditSection {
  const { images, sizes, unusualSizes, oddAspects } = audit;
  const imageSize = (image: number): string => `${images[image]!.height} x ${images[image]!.width}`;
  const shown = (positions: readonly number[], title: string) =>
    shownList(
      positions.map((image) => ({ image, note: imageSize(image) })),
      top,
      title,
    );
  const isOne = sizes.length === 1;
  const unusual =
    unusualSizes.length > 0
      ? `${formatCount(unusualSizes.length)} not ${sizes[0]!.what}`
      : `${formatCount(sizes.length)} sizes`;
  const aspects =
    oddAspects.length > 0 ? `; ${formatCount(oddAspects.length)} with an unusual aspect ratio` : '';
  return {
    id: 'sizes',
    title: 'Sizes',
    found: isOne ? `all ${imageSize(0)}` : `${unusual}${aspects}`,
    attention: !isOne,
    about: [
      `Height x width: ${listed(sizes, images.length)}.`,
      ...(isOne
        ? []
        : ['An aspect ratio is unusual if it differs from the median by a factor of more than 1.5.']),
    ],
    next: isOne
      ? undefined
      : `A model needs one size: emerging datasets prepare ${source} --size N. It takes the central square; --crop none stretches the whole image instead.`,
    groups: [...shown(unusualSizes, `Not ${sizes[0]?.what}`), ...shown(oddAspects, 'Unusual aspect ratio')],
  };
}

/** Colour, depth and other modes that most images don't have. */
export function modeSection(audit: Audit, { source, top }: SectionOptions): AuditSection {
  const { images, modes, unusualModes } = audit;
  const isMixed = unusualModes.length > 0;
  return {
    id: 'modes',
    title: 'Modes',
    found: isMixed
      ? listed(unusualModes, images.length)
      : `all ${modes.map(({ what: mode }) => mode).join(', ')}`,
    attention: isMixed,
    about: [
      `${listed(modes, images.length)}.`,
      'Training converts all images to 8 bits, draws transparent ones on white, and uses the first frame or page only.',
    ],
    next: isMixed
      ? `Choose grey or colour for all: emerging datasets prepare ${source} --size N --channels 1, or 3. Images with transparency may need another background than white.`
      : undefined,
    groups: unusualModes.flatMap(({ what: mode, images: some }) =>
      shownList(
        some.map((image) => ({ image })),
        Math.min(top, LISTED),
        `${mode[0]!.toUpperCase()}${mode.slice(1)}`,
      ),
    ),
  };
}

/** Images of a single colour. */
export function blankSection({ blank, images }: Audit, { top }: SectionOptions): AuditSection {
  const clear = blank.filter((image) => images[image]!.notes.includes('transparency on white'));
  return {
    id: 'blank',
    title: 'Blank images',
    found: blank.length === 0 ? 'none' : formatCounted(blank.length, 'image'),
    attention: blank.length > 0,
    about: [
      'Images of a single colour.',
      ...(clear.length > 0
        ? [
            `${formatCounted(clear.length, 'blank image')} had transparency, which is drawn on white, so white drawings become blank.`,
          ]
        : []),
    ],
    next:
      blank.length > 0
        ? 'Remove them, or draw transparent ones on another background: a model learns blank images very well, and then finds other simple images likely.'
        : undefined,
    groups: shownList(
      blank.map((image) => ({ image })),
      top,
    ),
  };
}

/** `32x32 (40), 16x16 (3)`, and how many more there are. */
function listed(groups: readonly ImageGroup[], imageCount: number): string {
  const shown = groups
    .slice(0, LISTED)
    .map(({ what: group, images }) => `${group} (${share(images.length, imageCount)})`);
  const more = groups.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${formatCount(more)} more` : ''}`;
}

function share(count: number, imageCount: number): string {
  return count === imageCount ? 'all' : formatCount(count);
}

/** The effect of images in two splits. */
const leak = 'Test results are too good if test images are also among the training images.';

/** Which image to keep of each group; a group may span two splits. */
function keepText(images: Audit['images'], groups: readonly (readonly number[])[]): string {
  const across = groups.some((group) => isShared(images, group))
    ? ' Of groups in both training and test images, drop the test image or, if the test images must stay as published, the training image.'
    : '';
  return `Keep one image of each group.${across}`;
}

/** Images with the same pixels. */
export function identicalSection(audit: Audit, { source, top }: SectionOptions): AuditSection {
  const { images, identical } = audit;
  return {
    id: 'identical',
    title: 'Identical images',
    found: groupsText(images, identical),
    attention: identical.length > 0,
    about: [
      'Images with the same size and pixels, in files of any format. No false alarms.',
      ...(identical.some((group) => isShared(images, group)) ? [leak] : []),
    ],
    next:
      identical.length > 0
        ? `${keepText(images, identical)} emerging datasets prepare ${source} --size N --unique does it, and keeps training images.`
        : undefined,
    ...shownGroups(audit, identical, top),
  };
}

/** Copies with small changes. */
export function nearSection(audit: Audit, { top }: SectionOptions): AuditSection {
  const { images, near } = audit;
  const groups = 'found' in near ? near.found : [];
  return {
    id: 'near',
    title: 'Near duplicates',
    found: 'found' in near ? groupsText(images, groups) : 'not examined',
    attention: groups.length > 0,
    about:
      'found' in near
        ? [
            'Copies that were compressed again, resized, shifted by up to 5 %, or made slightly brighter. Each image is compared with its nearest neighbours, smoothed, at 32 x 32 pixels: a least-squares fit of brightness, contrast, blur and shift (Lucas and Kanade) must leave at most 2 % of the variance, and at most half of what it leaves for the most similar other image.',
            'False alarms: simple images that hardly differ at 32 x 32 pixels, such as two strokes, or icons that differ only in a small mark. Not found: mirrored, rotated, cropped or recoloured copies.',
            ...(groups.some((group) => isShared(images, group)) ? [leak] : []),
          ]
        : [`Not examined: ${near.missing}.`],
    next:
      groups.length > 0
        ? `Check by eye that they are copies. ${keepText(images, groups)} prepare --unique skips identical images only, so delete these yourself.`
        : undefined,
    ...shownGroups(audit, groups, top),
  };
}
