// A hash of bytes and texts that come one after the other.

/** A hash in progress: `update` any number of times, then `digest` once. */
export interface RunningHash {
  /** Adds bytes, or the UTF-8 of a text. */
  update(part: Uint8Array | string): void;
  /** The hash of everything, in hexadecimal. */
  digest(): string;
}
