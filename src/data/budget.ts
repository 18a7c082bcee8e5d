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

const words: Readonly<Record<Unit, string>> = { images: 'images', pixels: 'pixels', bytes: 'bytes unpacked' };

/** The error for a source that is far too small for what it claims to hold. Nothing else in it is worth reading. */
export class OverBudget extends UserError {
  constructor(message: string) {
    super('invalid-data', message);
  }
}

/** What reading a source may cost. */
export class Budget {
  readonly #source: string;
  /** Bytes on disk. */
  readonly #size: { total: number };
  readonly #spent: Readonly<Record<Unit, { total: number }>>;

  /**
   * @param source the file or folder, for errors
   * @param size its bytes on disk
   * @param earlier another pass over the same source
   */
  constructor(source: string, size = 0, earlier?: Budget) {
    this.#source = source;
    this.#size = earlier ? earlier.#size : { total: size };
    this.#spent = {
      images: { total: 0 },
      pixels: earlier ? earlier.#spent.pixels : { total: 0 },
      bytes: { total: 0 },
    };
  }

  /** For going through the same source once more: images and bytes are counted anew, pixels are decoded once in all. */
  pass(): Budget {
    return new Budget(this.#source, 0, this);
  }

  /** Adds a file of so many bytes to the source: another one of a folder. */
  grow(size: number): void {
    this.#size.total += size;
  }

  /** How much more may be spent. */
  left(unit: Unit): number {
    return this.#limit(unit) - this.#spent[unit].total;
  }

  /**
   * Counts what is about to be made.
   *
   * @throws OverBudget if that is more than a source of this size can hold in earnest
   */
  spend(amount: number, unit: Unit): void {
    this.#spent[unit].total += amount;
    if (!(this.left(unit) >= 0)) {
      const [found, size, limit] = [this.#spent[unit].total, this.#size.total, this.#limit(unit)].map(
        (each) => each.toLocaleString('en'),
      );
      throw new OverBudget(
        `${this.#source}: at least ${found} ${words[unit]} in ${size} bytes on disk, and the limit for that size is ` +
          `${limit}: not a real dataset; use another copy`,
      );
    }
  }

  #limit(unit: Unit): number {
    return Math.max(free[unit], perByte[unit] * this.#size.total);
  }
}
