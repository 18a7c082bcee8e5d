// A log of a run that grows: only what is new is read.
import { linesOf } from '../../parts/plot/RunCurve.ts';

/** What is asked for at once. */
const PART_BYTES = 4 * 2 ** 20;

/** A log is read up to here: about half a million steps. */
const MOST_BYTES = 64 * 2 ** 20;

const NEW_LINE = 10;

/** Receives the new lines of a log. */
export interface LogEvents {
  /** Some lines, in order; a long log comes in parts, which the reader doesn't keep. */
  readonly onLines: (lines: readonly unknown[]) => void;
  /** The log was replaced, as by a resume: discard earlier lines; all lines follow again. */
  readonly onReplaced: () => void;
}

/** Reads a log from where it stopped. */
export class LogReader {
  private readonly url: string;
  /** The bytes of the lines that were read. */
  private offset = 0;

  constructor(url: string) {
    this.url = url;
  }

  /** Whether the log is longer than what is read of it. */
  get isFull(): boolean {
    return this.offset >= MOST_BYTES;
  }

  /**
   * Reads the lines since the last call.
   *
   * @throws Error if the server does not answer
   */
  async read(signal: AbortSignal, { onLines, onReplaced }: LogEvents): Promise<void> {
    while (!this.isFull) {
      const part = await this.partAt(this.offset, signal);
      if (part === undefined) {
        if (this.offset === 0) {
          break;
        }
        // It is shorter than before, or ends lines elsewhere.
        this.offset = 0;
        onReplaced();
        continue;
      }
      const end = part.lastIndexOf(NEW_LINE) + 1;
      onLines(linesOf(new TextDecoder().decode(part.subarray(0, end))));
      this.offset += end;
      if (part.length < PART_BYTES - 1 || end === 0) {
        break;
      }
    }
  }

  /** The bytes from an offset, where a line begins; undefined if none does there. */
  private async partAt(offset: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    // With the byte before, which tells whether a line begins.
    const start = Math.max(0, offset - 1);
    const range = `bytes=${start}-${start + PART_BYTES - 1}`;
    const response = await fetch(this.url, { headers: { range }, cache: 'no-store', signal });
    if (response.status === 416 || response.status === 404) {
      return undefined;
    }
    if (response.status !== 206) {
      throw new Error(`the server answers ${response.status}`);
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (offset === 0) {
      return bytes;
    }
    return bytes[0] === NEW_LINE ? bytes.subarray(1) : undefined;
  }
}
