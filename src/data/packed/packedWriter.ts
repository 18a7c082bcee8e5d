// Writes a packed file, image by image, to disk or into memory.

import { UserError } from '../../core/errors.ts';
import { bytesOfValues, type Values } from '../../core/numeric/index.ts';
import { sha256, startSha256 } from '../../core/platform/sha256.node.ts';
import type { Split } from '../contract/dataset.ts';
import { maxBytesAtOnce } from '../files/fileStore.ts';
import { crc32 } from '../formats/compression.node.ts';
import { checksumBytes, HEADER_BYTES, headerBytes, labelBytes, type PackedHeader } from './packedLayout.ts';

/** The fields of the header that the writer does not fill in itself. */
export type PackedAbout = Omit<
  PackedHeader,
  'sha256' | 'counts' | 'splits' | 'names' | 'labels' | 'checksums'
>;

/** Where a packed file is written: `write`, then `finish` or `discard`; each may throw UserError. */
export interface PackedTarget {
  /** Writes all of these bytes, at a position in the file. */
  write(bytes: Uint8Array, position: number): void;
  /** The file is complete. */
  finish(): void;
  /** Leaves nothing. */
  discard(): void;
}

const BUFFER_BYTES = 2 ** 22;

/** A packed file in progress: `add` and `endSplit`, then `finish` or `discard`. */
export class PackedWriter {
  private readonly file: PackedTarget;
  private readonly hash = startSha256();
  private splitHash = startSha256();
  private readonly buffer = new Uint8Array(BUFFER_BYTES);
  private buffered = 0;
  private position = HEADER_BYTES;
  private count = 0;
  private readonly counts: Partial<Record<Split, number>> = {};
  private readonly splits: Partial<Record<Split, string>> = {};
  private readonly names: string[] = [];
  private readonly labels: number[] = [];
  private readonly checksums: number[] = [];

  constructor(target: PackedTarget) {
    this.file = target;
  }

  /** Appends an image, HWC, with its name and the number of its class, if it has one. */
  add(values: Values, name: string, label?: number): void {
    const image = bytesOfValues(values);
    this.names.push(JSON.stringify(name));
    if (label !== undefined) {
      this.labels.push(label);
    }
    this.checksums.push(crc32(image));
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

  /** Ends a split and returns the number of its images. Splits are written in the order of `splitNames`. */
  endSplit(name: Split): number {
    this.counts[name] = this.count;
    this.splits[name] = this.splitHash.digest();
    this.splitHash = startSha256();
    const { count } = this;
    this.count = 0;
    return count;
  }

  /**
   * Writes the header; the file is then complete.
   *
   * @param classes the names of the classes, if the images have labels
   */
  finish(about: PackedAbout, classes?: readonly string[]): PackedHeader {
    this.flush();
    const { train = 0, validation, test = 0 } = this.counts;
    const none = sha256([]);
    const names = this.append(new TextEncoder().encode(this.names.map((name) => `${name}\n`).join('')));
    const labels = classes && this.append(labelBytes({ classes, numbers: this.labels }));
    const checksums = this.append(checksumBytes(this.checksums));
    const header: PackedHeader = {
      ...about,
      counts: { train, ...(validation !== undefined && { validation }), test },
      sha256: this.hash.digest(),
      splits: { train: none, test: none, ...this.splits },
      names,
      ...(labels && { labels }),
      checksums,
    };
    this.file.write(headerBytes(header), 0);
    this.file.finish();
    return header;
  }

  /** Leaves nothing. */
  discard(): void {
    this.file.discard();
  }

  /** Writes a part after the images, and describes it for the header. */
  private append(bytes: Uint8Array): { bytes: number; sha256: string } {
    this.file.write(bytes, this.position);
    this.position += bytes.length;
    return { bytes: bytes.length, sha256: sha256([bytes]) };
  }

  private flush(): void {
    const bytes = this.buffer.subarray(0, this.buffered);
    this.hash.update(bytes);
    this.file.write(bytes, this.position);
    this.position += bytes.length;
    this.buffered = 0;
  }
}

const FIRST_BYTES = 2 ** 20;

/** Bytes in memory, as many as are written. */
export class MemoryTarget implements PackedTarget {
  private readonly source: string;
  private room = new Uint8Array(FIRST_BYTES);
  private size = 0;

  /** @param source what is written, for errors */
  constructor(source: string) {
    this.source = source;
  }

  /** Throws UserError if they are more than fit into memory. */
  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (end > maxBytesAtOnce) {
      throw new UserError(
        'unsupported',
        `${this.source}: more images than fit into memory (${maxBytesAtOnce} bytes); use fewer or smaller ones`,
      );
    }
    if (end > this.room.length) {
      const larger = new Uint8Array(Math.min(maxBytesAtOnce, Math.max(end, 2 * this.room.length)));
      larger.set(this.room);
      this.room = larger;
    }
    this.room.set(bytes, position);
    this.size = Math.max(this.size, end);
  }

  /** What has been written. */
  bytes(): Uint8Array {
    return this.room.subarray(0, this.size);
  }

  finish(): void {}

  discard(): void {
    this.room = new Uint8Array();
    this.size = 0;
  }
}
