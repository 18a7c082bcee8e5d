// The parts of an audit as reported: on the page, and one line each on stdout.
import type { Audit } from '../../../uses/odd/audit/index.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';

/** An image to show. */
export interface ShownImage {
  /** Its position. */
  readonly image: number;
  /** A description, in addition to its name. */
  readonly note?: string;
}

/** Images that are shown together. */
export interface ShownGroup {
  readonly title?: string;
  readonly images: readonly ShownImage[];
  /** How many more there are. */
  readonly more: number;
}

/** One part of the report. */
export interface AuditSection {
  /** Its place in the page. */
  readonly id: string;
  readonly title: string;
  /** The result in a few words. */
  readonly found: string;
  /** Whether there is something to look at. */
  readonly attention: boolean;
  /** How it was found, and how far to trust it: paragraphs. */
  readonly about: readonly string[];
  /** What to do next; absent if nothing was found. */
  readonly next?: string | undefined;
  /** Lines of text, such as files that cannot be read; the first are printed too. */
  readonly lines?: readonly string[];
  /** Lines that follow; all are printed too. */
  readonly notes?: readonly string[];
  readonly groups: readonly ShownGroup[];
  /** How many more groups there are. */
  readonly moreGroups?: number;
}

/** How sections are written. */
export interface SectionOptions {
  /** The dataset as a word of a command. */
  readonly source: string;
  /** The most images of a list, and groups of a section, that are shown. */
  readonly top: number;
}

/** The most images of one group that are shown. */
const OF_GROUP = 6;

/** The first images of a list, as one group; of an empty list, no group. */
export function shownList(images: readonly ShownImage[], top: number, title?: string): ShownGroup[] {
  const shown = images.slice(0, top);
  const group = { ...(title !== undefined && { title }), images: shown, more: images.length - shown.length };
  return images.length === 0 ? [] : [group];
}

/** The first groups of images, those that are in several splits first. */
export function shownGroups(
  { images }: Audit,
  groups: readonly (readonly number[])[],
  top: number,
): Pick<AuditSection, 'groups' | 'moreGroups'> {
  const shared = groups.filter((group) => isShared(images, group));
  const others = groups.filter((group) => !isShared(images, group));
  const shown = [...shared, ...others].slice(0, top).flatMap((group) => {
    // If a group spans several splits, show an image of each.
    const splits = [...new Set(group.map((index) => images[index]!.split))];
    const first = splits.map((split) => group.find((index) => images[index]!.split === split)!);
    const ordered = [...new Set([...first, ...group])];
    return shownList(
      ordered.map((image) => ({ image, note: images[image]!.split })),
      OF_GROUP,
      `${formatCount(group.length)} images${splits.length > 1 ? ` in ${splits.join(' and ')}` : ''}`,
    );
  });
  return { groups: shown, moreGroups: groups.length - shown.length };
}

/** Whether images are in the training or validation images as well as in the test images. */
export function isShared(images: Audit['images'], group: readonly number[]): boolean {
  const isTest = group.map((index) => images[index]!.split === 'test');
  return isTest.includes(true) && isTest.includes(false);
}

/** `3 groups of 7 images, 2 groups in both training and test images`. */
export function groupsText(images: Audit['images'], groups: readonly (readonly number[])[]): string {
  if (groups.length === 0) {
    return 'none';
  }
  const imageCount = groups.reduce((sum, { length }) => sum + length, 0);
  const shared = groups.filter((group) => isShared(images, group)).length;
  const across = shared > 0 ? `; ${formatCount(shared)} in both training and test images` : '';
  return `${formatCounted(groups.length, 'group')} of ${formatCount(imageCount)} images${across}`;
}
