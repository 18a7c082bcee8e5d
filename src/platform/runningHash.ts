// A hash of bytes that come one after the other.

/** A hash in progress: `update` any number of times, then `digest` once. */
export interface RunningHash {
  /** Adds bytes. */
  update(bytes: Uint8Array): void;
  /** The hash of all bytes, in hexadecimal. */
  digest(): string;
}
