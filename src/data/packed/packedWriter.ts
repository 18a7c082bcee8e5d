// Writes a packed file, image by image, to a partial file that is renamed when it is complete.
import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { PartialFile, removePartialFiles } from '../../storage/partialFiles.ts';
import { HEADER_BYTES, headerBytes, type PackedHeader, type packedSplits } from './packedHeader.ts';

/** The fields of the header that the writer does not fill in itself. */
export type PackedAbout = Omit<PackedHeader, 'sha256' | 'counts' | 'splits' | 'names'>;

const BUFFER_BYTES = 2 ** 22;

/** A packed file in progress: `add` and `endSplit`, then `finish` or `discard`. */
export class PackedWriter {
  private readonly file: PartialFile;
  private readonly hash = createHash('sha256');
  private splitHash = createHash('sha256');
  private readonly buffer = new Uint8Array(BUFFER_BYTES);
  private buffered = 0;
  private position = HEADER_BYTES;
  private count = 0;
  private readonly counts: Partial<Record<(typeof packedSplits)[number], number>> = {};
  private readonly splits: Partial<Record<(typeof packedSplits)[number], string>> = {};
  private readonly names: string[] = [];

  /** Creates the partial file and removes leftovers of a crash; throws UserError, as does every method. */
  constructor(path: string) {
    removePartialFiles(dirname(path), basename(path));
    this.file = new PartialFile(path);
  }

  /** Appends an image, HWC, with its name. */
  add(image: Uint8Array, name: string): void {
    this.names.push(JSON.stringify(name));
    this.splitHash.update(image);
    for (let done = 0; done < image.length; ) {
      const part = image.subarray(done, done + BUFFER_BYTES - this.buffered);
      this.buffer.set(part, this.buffered);
      this.buffered += part.length;
      done += part.length;
      if (this.buffered === BUFFER_BYTES) {
        this.flush();
      }
    }
    this.count++;
  }

  /** Ends a split and returns the number of its images. Splits are written in the order of `packedSplits`. */
  endSplit(name: (typeof packedSplits)[number]): number {
    this.counts[name] = this.count;
    this.splits[name] = this.splitHash.digest('hex');
    this.splitHash = createHash('sha256');
    const { count } = this;
    this.count = 0;
    return count;
  }

  /** Writes the header and renames the file. */
  finish(about: PackedAbout): PackedHeader {
    this.flush();
    const { train = 0, validation, test = 0 } = this.counts;
    const none = createHash('sha256').digest('hex');
    const names = new TextEncoder().encode(this.names.map((name) => `${name}\n`).join(''));
    this.file.write(names, this.position);
    const header: PackedHeader = {
      ...about,
      counts: { train, ...(validation !== undefined && { validation }), test },
      sha256: this.hash.digest('hex'),
      splits: { train: none, test: none, ...this.splits },
      names: { bytes: names.length, sha256: createHash('sha256').update(names).digest('hex') },
    };
    this.file.write(headerBytes(header), 0);
    this.file.finish();
    return header;
  }

  /** Deletes the partial file. */
  discard(): void {
    this.file.discard();
  }

  private flush(): void {
    const bytes = this.buffer.subarray(0, this.buffered);
    this.hash.update(bytes);
    this.file.write(bytes, this.position);
    this.position += bytes.length;
    this.buffered = 0;
  }
}
