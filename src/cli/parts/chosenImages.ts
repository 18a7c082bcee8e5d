// Which images of a compressed file a command writes: by name, by folder, by position.
import { InvalidArgumentError } from 'commander';
import { UserError } from '../../errors.ts';

/** Positions from the first to the last, both included. */
export interface PositionRange {
  readonly first: number;
  readonly last: number;
}

/** Parses `a-b`, or a single position. */
export function positionRange(text: string): PositionRange {
  const [, first, last = first] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(text) ?? [];
  const range = { first: Number(first), last: Number(last) };
  if (first === undefined || range.last < range.first) {
    throw new InvalidArgumentError('It must be two positions from 0, as in 200-299, or a single one.');
  }
  return range;
}

/** A choice of images. */
export interface ChosenImages {
  /** Whether an image is chosen. */
  isChosen(name: string, index: number): boolean;
  /**
   * Checks that every name and the range chose an image.
   *
   * @throws UserError (`not-found`) if not
   */
  requireAll(source: string): void;
}

/** The images with these names, in these folders, or in this range; all if neither is given. */
export function chosenImages(
  names: readonly string[] | undefined,
  range: PositionRange | undefined,
): ChosenImages {
  const wanted = (names ?? []).map((name) => name.replace(/^\.\/|\/+$/g, ''));
  const missing = new Set(wanted);
  let isRangeMissing = range !== undefined;
  return {
    isChosen(name, index) {
      // An image may also be named as decompression names its file.
      const named = wanted.filter(
        (one) => name === one || `${name}.png` === one || name.startsWith(`${one}/`),
      );
      const isInRange = range !== undefined && index >= range.first && index <= range.last;
      for (const one of named) {
        missing.delete(one);
      }
      isRangeMissing &&= !isInRange;
      return (names === undefined && range === undefined) || named.length > 0 || isInRange;
    },
    requireAll(source) {
      const [first] = missing;
      if (first !== undefined || isRangeMissing) {
        throw new UserError(
          'not-found',
          first === undefined
            ? `${source} has no image at position ${range!.first}, or its block is damaged`
            : `${source} has no image and no folder ${first}, or its block is damaged; names are as they were compressed`,
        );
      }
    },
  };
}
