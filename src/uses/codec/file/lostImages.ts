// Follows the blocks of a file in order, and reports which of its images are lost.
import { fewNames } from '../../../core/errors.ts';
import type { DescribedBlock, FileEnd } from './abouts.ts';

/** More images than a block can have, since each takes at least a byte beyond the first few thousand. */
const MOST_IN_BLOCK = 2 ** 32;

/** What is intact of a file, in order, and what is lost. */
export class LostImages {
  private readonly report: (problem: string) => void;
  /** The number of the next block. */
  private next = 0;
  /** The position of the next image, after the last block with a description. */
  private position = 0;
  /** Damaged blocks since then, one after the other: their names are lost too. */
  private unnamed = 0;
  /** Images in blocks that were read. */
  private read = 0;
  /** How many blocks were left out because an earlier one has their number or a later one, and the first one's number. */
  private repeated = 0;
  private firstRepeated: number | undefined;
  private end: (FileEnd & { readonly at: number }) | undefined;

  /** @param report called with a line for each damaged part, and for what is missing */
  constructor(report: (problem: string) => void) {
    this.report = report;
  }

  /**
   * Whether a block hasn't come yet, and is before the end: records may have been copied within a file, or appended to it.
   * If not, it must be left out.
   */
  takeNumber(number: number): boolean {
    const isNext = number >= this.next && number < (this.end?.blocks ?? Number.POSITIVE_INFINITY);
    // What follows the end is reported as a whole.
    if (!isNext && this.end === undefined) {
      this.repeated++;
      this.firstRepeated ??= number;
    }
    return isNext;
  }

  /**
   * Whether the next block that is intact, or the end, can begin at a position: right after the images before, or after
   * those that the missing blocks in between can have.
   */
  isPossible(number: number, { first, count }: Pick<DescribedBlock, 'first' | 'count'>): boolean {
    const missing = this.unnamed + number - this.next;
    const [least, greatest] = [this.position + missing, this.position + missing * MOST_IN_BLOCK];
    return number >= this.next && first >= least && first <= greatest && Number.isSafeInteger(first + count);
  }

  /** How many images the file has; undefined as long as its end is unknown, or if that contradicts the blocks. */
  get count(): number | undefined {
    return this.end?.images;
  }

  /** Takes the next block, which has been read. */
  takeRead(number: number, block: DescribedBlock): void {
    this.goTo(number, block.first);
    this.pass(block);
    this.read += block.count;
  }

  /** Takes the next block, which is intact and can't be decoded. */
  takeUnreadable(number: number, block: DescribedBlock, problem: string): void {
    this.goTo(number, block.first);
    this.report(`block ${number} can't be decoded (${describeImages(block)}): ${problem}`);
    this.pass(block);
  }

  /** Takes the next block, which is damaged; `block` is its description, if that is intact. */
  takeDamaged(number: number, block: DescribedBlock | undefined): void {
    this.goTo(number, block?.first);
    if (block) {
      const lost =
        block.count === 1 ? '1 image is lost' : `${block.count.toLocaleString('en-US')} images are lost`;
      this.report(`block ${number} is damaged: ${lost}: ${describeImages(block)}`);
      this.pass(block);
    } else {
      this.unnamed++;
      this.next++;
    }
  }

  /** Takes the end of the file, at a position in its bytes. */
  takeEnd(end: FileEnd, offset: number): void {
    this.end ??= { ...end, at: offset };
  }

  /** Reports what is missing of a file of so many bytes, after its last record. */
  finish(bytes: number): void {
    this.reportRepeated();
    const { end } = this;
    if (end === undefined || !this.isPossible(end.blocks, { first: end.images, count: 0 })) {
      this.end = undefined;
      const isKnown = this.unnamed > 0;
      this.reportUnnamed();
      this.report(
        `its end is damaged or missing${isKnown ? '' : `: images from position ${this.position} on are lost, if there were any`}`,
      );
      return;
    }
    this.goTo(end.blocks, end.images);
    if (this.read < end.images) {
      this.report(`${end.images - this.read} of ${end.images} images are missing`);
    }
    const more = bytes - end.at;
    if (more > 0) {
      this.report(
        more === 1 ? '1 byte after its end was ignored' : `${more} bytes after its end were ignored`,
      );
    }
  }

  /** Goes to a block, over those that are missing; `first` is the position of its first image, if that is known. */
  private goTo(number: number, first: number | undefined): void {
    this.unnamed += Math.max(0, number - this.next);
    this.next = Math.max(this.next, number);
    if (first !== undefined) {
      this.reportUnnamed(first);
    }
  }

  private pass({ first, count }: DescribedBlock): void {
    this.next++;
    this.position = first + count;
  }

  private reportRepeated(): void {
    const { repeated, firstRepeated } = this;
    if (repeated > 0) {
      this.report(
        repeated === 1
          ? `block ${firstRepeated} is there twice or out of order: the later one was left out`
          : `${repeated} blocks are there twice or out of order: the later ones, first a block ${firstRepeated}, were left out`,
      );
    }
  }

  /** Reports the blocks without names; `first` is the position of the first image after them. */
  private reportUnnamed(first?: number): void {
    const { unnamed, next, position } = this;
    if (unnamed === 0) {
      return;
    }
    const damaged =
      unnamed === 1 ? `block ${next - 1} is damaged` : `blocks ${next - unnamed} to ${next - 1} are damaged`;
    const lost =
      first === undefined
        ? `the images from position ${position} on are lost`
        : first - position === 1
          ? `the image at position ${position} is lost`
          : `the images at positions ${position} to ${first - 1} are lost`;
    this.report(`${damaged}: ${lost}`);
    this.unnamed = 0;
  }
}

/** The names of a block's images, or where they are if their names aren't known. */
function describeImages({ first, count, images }: DescribedBlock): string {
  return images
    ? fewNames(images.names)
    : count === 1
      ? `position ${first}`
      : `positions ${first} to ${first + count - 1}`;
}
