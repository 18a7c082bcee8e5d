// Reading a source of images: the files in a folder or archive, behind one interface; and a budget, charged in advance, since a
// few bytes can describe years of work.
import { UserError } from '../../core/errors.ts';

interface StoredFile {
  readonly name: string;
  /** The path of the folder or archive, and the name, for messages. */
  readonly source: string;
  /** The budget of this pass over the folder or archive. */
  readonly budget: Budget;
  /** Reads all of it; `admit` is called before memory is allocated. Throws UserError with its name if that fails. */
  read(admit?: Admit): Promise<Uint8Array>;
}

/** The files in a folder or archive. */
export interface Archive {
  /** The path of the folder or archive. */
  readonly path: string;
  readonly isArchive: boolean;
  /**
   * The names of all files except hidden ones: in alphabetical order for a folder, in stored order for an
   * archive, where a name may occur more than once. A folder is listed only once; files added later are not seen.
   */
  names(): Promise<string[]>;
  /** The names of the links in a tar archive, which are not read, as of the last call of `names`. */
  links?(): readonly string[];
  /** The names of links to files outside the folder, as of the last call of `names`. */
  linksOut?(): readonly string[];
  /** The names of entries in a folder that are not regular files (FIFOs, devices, links to folders), as of the last call of `names`. */
  irregular?(): readonly string[];
  /**
   * The files whose names are `wanted`, in that order; throws UserError if an archive as a whole is corrupt.
   */
  files(wanted: (name: string) => boolean): AsyncIterable<StoredFile>;
}

/** Larger files are rejected: 256 MiB, far more than any image takes. */
export const maxFileBytes = 2 ** 28;

/** Throws UserError if a file, or one in an archive, is larger than the limit, in bytes. */
export function requireSize(size: number, limit: number, where: string): void {
  if (size > limit) {
    throw new UserError('invalid-data', `${where}: too large: ${size} bytes, at most ${limit}`);
  }
}

/** Neither hidden nor added to archives by macOS. The folders `.` and `..` in names of archives hide nothing. */
export function isVisible(name: string): boolean {
  return !/(^|\/)(\.(?!\.?\/)|__MACOSX\/)/.test(name);
}

/** Opens a folder or archive: `openArchive`, or the result of `openingOnce`. */
export type ArchiveOpener = (path: string) => Promise<Archive>;

/** Waits until this many more bytes fit into memory, in addition to other images being decoded. */
export type Admit = (bytes: number) => Promise<void>;

/** The cost of decoding an image. */
export interface DecodingCost {
  /** The most bytes per pixel in memory during decoding, all copies included. */
  readonly pixelBytes: number;
  /** The passes over all pixels, such as the scans of a progressive JPEG; default 1. */
  readonly scans?: number;
  /** The decoded pixels, if there may be more than the image has; default width times height. */
  readonly pixels?: number;
}

/** Called with the size of an image before memory is allocated; throws UserError if it is too large. */
export type BeginDecoding = (width: number, height: number, cost: DecodingCost) => Promise<void>;

/** What is counted: images, decoded pixels, and bytes after decompression. */
type Unit = 'images' | 'pixels' | 'bytes';

/** The maximum number of pixels per image; 108-megapixel photos fit. */
export const maxImagePixels = 2 ** 27;

/** The maximum memory for decoding one image, all copies included: 768 MiB. */
export const maxDecodingBytes = 6 * maxImagePixels;

/** The most memory that the images of an opened dataset take; larger ones must be prepared: 2 GiB. */
export const maxLoadedBytes = 2 ** 31;

/** The minimum budget, however small the source is: a few seconds and less than 1 GiB. */
const minimum: Readonly<Record<Unit, number>> = { images: 2 ** 16, pixels: maxImagePixels, bytes: 2 ** 28 };

/**
 * The budget per byte on disk. Raw images take at least one byte each; photographs have up to about 20
 * pixels per byte, flat drawings up to about 250; arrays of real images decompress to a few times their size.
 */
const perByte: Readonly<Record<Unit, number>> = { images: 1, pixels: 256, bytes: 100 };

const words: Readonly<Record<Unit, string>> = {
  images: 'images',
  pixels: 'pixels',
  bytes: 'decompressed bytes',
};

/** Thrown if a source is far too small for what it claims to contain; the rest of it is not worth reading. */
export class OverBudget extends UserError {
  constructor(message: string) {
    super('invalid-data', message);
  }
}

/** A limit on what reading a source may cost. */
export class Budget {
  readonly #source: string;
  /** Bytes on disk. */
  readonly #size: { total: number };
  readonly #spent: Readonly<Record<Unit, { total: number }>>;

  /**
   * @param source the file or folder, for errors
   * @param size its bytes on disk
   * @param earlier the budget of an earlier pass over the same source
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

  /**
   * The budget of a new pass over the same source: images and bytes are counted per pass, pixels in total.
   */
  pass(): Budget {
    return new Budget(this.#source, 0, this);
  }

  /** Adds `size` bytes to the source: one more file of a folder. */
  grow(size: number): void {
    this.#size.total += size;
  }

  /** The remaining budget. */
  left(unit: Unit): number {
    return this.#limit(unit) - this.#spent[unit].total;
  }

  /**
   * Charges for what is about to be allocated or computed.
   *
   * @throws OverBudget if that exceeds the limit for a source of this size
   */
  spend(amount: number, unit: Unit): void {
    this.#spent[unit].total += amount;
    if (!(this.left(unit) >= 0)) {
      const [spent, size, limit] = [this.#spent[unit].total, this.#size.total, this.#limit(unit)].map(
        (each) => each.toLocaleString('en'),
      );
      throw new OverBudget(
        `${this.#source}: at least ${spent} ${words[unit]} in ${size} bytes on disk, but the limit for this size is ` +
          `${limit}: not a real dataset; use another copy`,
      );
    }
  }

  #limit(unit: Unit): number {
    return Math.max(minimum[unit], perByte[unit] * this.#size.total);
  }
}
