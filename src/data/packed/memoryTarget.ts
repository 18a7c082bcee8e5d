// A packed file that is written into memory.
import { UserError } from '../../errors.ts';
import { maxBytesAtOnce } from '../../storage/randomAccess.ts';
import type { PackedTarget } from './packedWriter.ts';

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
