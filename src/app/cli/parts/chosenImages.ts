// Which images of a compressed file a command writes: by name, by folder, by position.
import { InvalidArgumentError } from 'commander';
import { UserError } from '../../../core/errors.ts';
import { showImageShape } from '../../../core/numeric/index.ts';
import type { RandomAccess } from '../../../data/files/index.ts';
import type { TrainedModel } from '../../../model/index.ts';
import {
  type Listing,
  listImages,
  type ReadHeader,
  readHeader,
  requireSameModel,
} from '../../../uses/codec/index.ts';
import { formatBytes, formatCounted } from '../terminal/format.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { formatTable, right } from '../terminal/table.ts';

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

/** The facts about a file once all of its names have been seen. */
interface SeenFile {
  readonly source: string;
  /** How many images it has; undefined if its end is damaged. */
  readonly count: number | undefined;
}

/** A choice of images. */
interface ChosenImages {
  /** Whether an image is chosen; must be called once for each, unless `mayInclude` is false for it. */
  isChosen(name: string, index: number): boolean;
  /** Whether any of `count` images from position `first` on may be chosen: by their positions, if no names are. */
  mayInclude(first: number, count: number): boolean;
  /** Whether `isChosen` was called for this many images: if not, the names of some are lost. */
  isAllSeen(count: number | undefined): boolean;
  /** What was chosen and isn't in a file, after `isChosen` for all of its images; undefined if nothing. */
  missingIn(file: SeenFile): string | undefined;
  /** Which of the positions are beyond the end of a file, if some are in it; undefined if none. */
  describeBeyondEnd(file: SeenFile): string | undefined;
}

/** The images with these names, in these folders, or in this range; all if neither is given. */
export function chosenImages(
  names: readonly string[] | undefined,
  range: PositionRange | undefined,
): ChosenImages {
  const wanted = new Set((names ?? []).map(withoutSlashes));
  const longest = Math.max(0, ...[...wanted].map((name) => name.length));
  const missing = new Set(wanted);
  let seen = 0;
  let isRangeMissing = range !== undefined;
  return {
    isChosen(name, index) {
      // An image may also be named as decompression names its file.
      const paths = [name, `${name}.png`, ...parentFolders(name, longest)];
      const named = paths.filter((path) => wanted.has(path));
      const isInRange = range !== undefined && index >= range.first && index <= range.last;
      for (const candidate of named) {
        missing.delete(candidate);
      }
      seen++;
      isRangeMissing &&= !isInRange;
      return (names === undefined && range === undefined) || named.length > 0 || isInRange;
    },
    mayInclude: (first, count) =>
      names !== undefined || range === undefined || (first <= range.last && first + count > range.first),
    isAllSeen: (count) => seen === count,
    missingIn({ source, count }) {
      const [first] = missing;
      const orLost = seen === count ? '' : '; it may be among the lost images';
      if (first !== undefined) {
        return `${source} has no image and no folder ${first}${orLost}: --list shows its names`;
      }
      if (!isRangeMissing) {
        return undefined;
      }
      const isBeyond = count !== undefined && range!.first >= count;
      return isBeyond
        ? `${source} has no image at position ${range!.first}: it has ${formatCounted(count, 'image')}, counted from 0`
        : `${source} has no image at position ${range!.first}${orLost}`;
    },
    describeBeyondEnd({ source, count }) {
      return range !== undefined && count !== undefined && !isRangeMissing && range.last >= count
        ? `${source} has only ${formatCounted(count, 'image')}: the last position is ${count - 1}, not ${range.last}`
        : undefined;
    },
  };
}

/** The folders that a path is in, as far as their own paths have at most so many characters. */
function parentFolders(name: string, longest: number): string[] {
  const folders: string[] = [];
  for (let end = name.indexOf('/'); end >= 0 && end <= longest; end = name.indexOf('/', end + 1)) {
    folders.push(name.slice(0, end));
  }
  return folders;
}

/**
 * Checks that all that is chosen is in a file; notes on stderr what is beyond its end. If images were found, and others are
 * lost with their names, a missing one is noted only.
 *
 * @throws UserError (`not-found`) if something is missing
 */
export function requireChosen(chosen: ChosenImages, file: SeenFile, foundCount: number): void {
  const missing = chosen.missingIn(file);
  if (missing !== undefined && (chosen.isAllSeen(file.count) || foundCount === 0)) {
    throw new UserError('not-found', missing);
  }
  for (const note of [missing, chosen.describeBeyondEnd(file)]) {
    if (note !== undefined) {
      noteOnStderr(note);
    }
  }
}

/** A name without a leading `./` and trailing slashes. */
function withoutSlashes(name: string): string {
  let tidied = name.startsWith('./') ? name.slice(2) : name;
  while (tidied.endsWith('/')) {
    tidied = tidied.slice(0, -1);
  }
  return tidied;
}

/**
 * Prints the chosen images of a file, its blocks and its model.
 *
 * @returns whether the file is intact; stderr says what isn't
 * @throws UserError (`invalid-data`) if it is another kind of file; (`mismatch`) if its model differs from
 * the given one; (`not-found`) if a chosen image isn't in it
 */
export async function printList(
  bytes: RandomAccess,
  source: string,
  {
    given: givenModel,
    chosen,
    json,
  }: { readonly given: TrainedModel | undefined; readonly chosen: ChosenImages; readonly json: boolean },
): Promise<boolean> {
  const header = await readHeader(bytes, source);
  if (givenModel) {
    requireSameModel(header, givenModel, source);
  }
  const listing = await listImages({ bytes, header, source }, chosen.isChosen, chosen.mayInclude);
  const { images, count, damaged, blocks } = listing;
  damaged.forEach(noteOnStderr);
  requireChosen(chosen, { source, count }, images.length);
  const { model: fingerprint, modelBytes, imageShape, tiles } = header;
  const model = { fingerprint, bytes: modelBytes, imageShape };
  writeStdout(
    json
      ? `${JSON.stringify({ file: source, bytes: bytes.size, model, tiles, images, blocks, damaged })}\n`
      : `${listingText(listing, header, { bytes: bytes.size, isGiven: givenModel !== undefined })}\n`,
  );
  return damaged.length === 0;
}

function listingText(
  { images, blocks }: Listing,
  header: ReadHeader,
  { bytes, isGiven }: { readonly bytes: number; readonly isGiven: boolean },
): string {
  const { model, modelBytes, imageShape, tiles } = header;
  const inAll = blocks.reduce((sum, block) => sum + block.images, 0);
  const where = modelBytes > 0 ? formatBytes(modelBytes) : 'not in the file, to be named with --model';
  const sameModel = isGiven ? ', as of the given model' : '';
  const blockRows = blocks.map((block) => [
    String(block.block),
    String(block.images),
    formatBytes(block.bytes),
    block.bitsPerDim.toFixed(3),
  ]);
  const imageRows = images.map(({ position, block, shape, name }) => [
    String(position),
    String(block),
    showImageShape(shape),
    name,
  ]);
  return [
    `${formatCounted(inAll, 'image')} in ${formatCounted(blocks.length, 'block')}, ${formatBytes(bytes)}`,
    `model: ${where}; ${tiles ? 'tiles' : 'images'} of ${showImageShape(imageShape)}; fingerprint ${model}${sameModel}`,
    '',
    formatTable(['BLOCK', 'IMAGES', 'BYTES', 'BITS/DIM'].map(right), blockRows),
    '',
    formatTable([...['POSITION', 'BLOCK', 'SHAPE'].map(right), 'NAME'], imageRows),
  ].join('\n');
}
