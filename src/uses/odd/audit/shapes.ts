// Sizes, aspect ratios and modes of the images of an audit, and which images differ from most.
import { median } from '../../../core/numeric/index.ts';
import type { ExaminedImage } from './examinedImages.ts';

/** Images that share a property. */
export interface ImageGroup {
  /** The property: `32x32`, `16-bit`. */
  readonly what: string;
  /** Positions. */
  readonly images: readonly number[];
}

/** The sizes and modes of images. */
export interface ShapeFindings {
  /** All sizes, height x width, the most frequent first. */
  readonly sizes: readonly ImageGroup[];
  /** The images whose size differs from most; none if no size is in the majority. */
  readonly unusualSizes: readonly number[];
  /** The images whose aspect ratio is far from the median. */
  readonly oddAspects: readonly number[];
  /** All modes, the most frequent first; an image can have several. */
  readonly modes: readonly ImageGroup[];
  /** The modes of less than half of the images. */
  readonly unusualModes: readonly ImageGroup[];
  /** Images of a single colour. */
  readonly blank: readonly number[];
}

/** An aspect ratio is odd if it differs from the median by more than this factor. */
const ODD_ASPECT = 1.5;

/** The modes, by the notes of decoding. */
const modes: Readonly<Record<string, string>> = {
  'transparency on white': 'transparent',
  'first of several frames': 'several frames or pages',
  rotated: 'EXIF orientation',
};

/** The sizes and modes of images, and those that differ from most. */
export function examineShapes(images: readonly ExaminedImage[]): ShapeFindings {
  const every = images.map((_, index) => index);
  const sizes = grouped(every, (index) => [`${images[index]!.height}x${images[index]!.width}`]);
  const isMost = (group: ImageGroup | undefined): boolean => 2 * (group?.images.length ?? 0) > images.length;
  const aspects = images.map(({ width, height }) => width / height);
  const middle = median(aspects);
  const modeGroups = grouped(every, (index) => colourModes(images[index]!));
  return {
    sizes,
    unusualSizes: isMost(sizes[0])
      ? sizes
          .slice(1)
          .flatMap((group) => group.images)
          .sort((a, b) => a - b)
      : [],
    oddAspects: every.filter((index) => {
      const ratio = aspects[index]! / middle;
      return Math.max(ratio, 1 / ratio) > ODD_ASPECT;
    }),
    modes: modeGroups,
    unusualModes: modeGroups.filter((group) => !isMost(group)),
    blank: every.filter((index) => images[index]!.deviation === 0),
  };
}

function colourModes({ channels, isGrey, notes }: ExaminedImage): string[] {
  const colour = channels === 1 ? 'grey' : isGrey ? 'grey stored as colour' : 'colour';
  return [colour, ...notes.filter((note) => note !== 'palette').map((note) => modes[note] ?? note)];
}

/** The most frequent first. */
function grouped(
  images: readonly number[],
  propertiesOf: (image: number) => readonly string[],
): ImageGroup[] {
  const groups = new Map<string, number[]>();
  for (const image of images) {
    for (const property of propertiesOf(image)) {
      addTo(groups, property, image);
    }
  }
  return [...groups]
    .map(([property, members]) => ({ what: property, images: members }))
    .sort((a, b) => b.images.length - a.images.length);
}

/** Adds a position to the group with a key, which may be the first of it. */
export function addTo<Key>(groups: Map<Key, number[]>, key: Key, index: number): void {
  const group = groups.get(key);
  if (group) {
    group.push(index);
  } else {
    groups.set(key, [index]);
  }
}
