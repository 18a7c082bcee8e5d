// Writes a packed file: image after image into a file beside its place, which takes that place when it is whole.
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { HEADER_BYTES, headerBytes, type PackedHeader, type packedSplits } from './packedHeader.ts';

/** What the writer does not know of the header by itself. */
export type PackedAbout = Omit<PackedHeader, 'sha256' | 'counts'>;

const BUFFER_BYTES = 2 ** 22;

/** A packed file that is being written: `add` and `endSplit`, then `finish` or `discard`. Errors are the system's. */
export class PackedWriter {
  private readonly path: string;
  private readonly partial: string;
  private readonly file: number;
  private isOpen = true;
  private readonly hash = createHash('sha256');
  private readonly buffer = new Uint8Array(BUFFER_BYTES);
  private buffered = 0;
  private position = HEADER_BYTES;
  private count = 0;
  private readonly counts: Partial<Record<(typeof packedSplits)[number], number>> = {};

  /** Begins `FILE.partial`, in place of one that a crash may have left. */
  constructor(path: string) {
    this.path = path;
    this.partial = `${path}.partial`;
    this.file = openSync(this.partial, 'w');
  }

  /** Appends an image, HWC. */
  add(image: Uint8Array): void {
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

  /** Says that the images since the last split make up this one, and gives their number; in the order of `packedSplits`. */
  endSplit(name: (typeof packedSplits)[number]): number {
    this.counts[name] = this.count;
    const { count } = this;
    this.count = 0;
    return count;
  }

  /** Writes the header and gives the file its name. */
  finish(about: PackedAbout): PackedHeader {
    this.flush();
    const { train = 0, validation, test = 0 } = this.counts;
    const header: PackedHeader = {
      ...about,
      counts: { train, ...(validation !== undefined && { validation }), test },
      sha256: this.hash.digest('hex'),
    };
    this.write(headerBytes(header), 0);
    fsyncSync(this.file);
    this.close();
    renameSync(this.partial, this.path);
    return header;
  }

  /** Leaves nothing behind. */
  discard(): void {
    this.close();
    rmSync(this.partial, { force: true });
  }

  private close(): void {
    if (this.isOpen) {
      this.isOpen = false;
      closeSync(this.file);
    }
  }

  private flush(): void {
    const bytes = this.buffer.subarray(0, this.buffered);
    this.hash.update(bytes);
    this.write(bytes, this.position);
    this.position += bytes.length;
    this.buffered = 0;
  }

  private write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.file, bytes, done, bytes.length - done, position + done);
    }
  }
}
