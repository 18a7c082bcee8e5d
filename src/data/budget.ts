// What a source of images may cost, counted before it is spent: a few bytes can promise years of work.
import { UserError } from '../errors.ts';

/** What is counted: images, the pixels that are decoded, and the bytes that compressed data inflate to. */
type Unit = 'images' | 'pixels' | 'bytes';

/** The most pixels of one image: photos of 108 megapixels are below it. */
export const maxImagePixels = 2 ** 27;

/** What any source may spend, however small it is. Spending all of it takes seconds and less than 1 GiB. */
const free: Readonly<Record<Unit, number>> = { images: 2 ** 16, pixels: maxImagePixels, bytes: 2 ** 28 };

/**
 * What a source may spend for each of its bytes on disk. Raw images take at least a byte each; photographs have up to
 * about 20 pixels per byte, flat drawings up to about 250; what has pixels to learn from inflates to a few times its size.
 */
const perByte: Readonly<Record<Unit, number>> = { images: 1, pixels: 256, bytes: 100 };

/** The error for a source that is far too small for what it claims to hold. Nothing else in it is worth reading. */
export class OverBudget extends UserError {}

/** What one pass over a source may cost. */
export class Budget {
  readonly #source: string;
  #size: number;
  readonly #spent: Record<Unit, number> = { images: 0, pixels: 0, bytes: 0 };

  /**
   * @param source the file or folder, for errors
   * @param size its bytes on disk
   */
  constructor(source: string, size = 0) {
    this.#source = source;
    this.#size = size;
  }

  /** Adds a file of so many bytes to the source: another one of a folder. */
  grow(size: number): void {
    this.#size += size;
  }

  /**
   * Counts what is about to be made.
   *
   * @throws OverBudget if it is more than a source of this size can mean
   */
  spend(amount: number, unit: Unit): void {
    this.#spent[unit] += amount;
    const limit = this.#limit(unit);
    if (!(this.#spent[unit] <= limit)) {
      const [found, most, size] = [this.#spent[unit], limit, this.#size].map((each) =>
        each.toLocaleString('en'),
      );
      throw new OverBudget(
        `${this.#source}: ${found} ${unit} or more from ${size} bytes on disk, and the limit is ${most}: ` +
          'it is not a real dataset; use another copy',
      );
    }
  }

  /** How much more may be spent. */
  left(unit: Unit): number {
    return this.#limit(unit) - this.#spent[unit];
  }

  #limit(unit: Unit): number {
    return Math.max(free[unit], perByte[unit] * this.#size);
  }
}
