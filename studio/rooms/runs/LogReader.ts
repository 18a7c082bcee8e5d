// Reads a growing log, only the new part each time.
import { parseLines } from '../../parts/plot/RunCurve.ts';

/** The size of one request. */
const PART_BYTES = 4 * 2 ** 20;

/** The longest part of a log that is read: about half a million steps. */
const MOST_BYTES = 64 * 2 ** 20;

const NEW_LINE = 10;

/** Receives the new lines of a log. */
export interface LogEvents {
  /** Some lines, in order; a long log comes in parts, which the reader doesn't keep. */
  readonly onLines: (lines: readonly unknown[]) => void;
  /** The log was replaced, as by a resume: discard earlier lines; all lines follow again. */
  readonly onReplaced: () => void;
}

/** Reads a log, continuing where it stopped. */
export class LogReader {
  private readonly url: string;
  /** The number of bytes in the lines read so far. */
  private offset = 0;

  constructor(url: string) {
    this.url = url;
  }

  /** Whether the log exceeds the part that is read. */
  get isFull(): boolean {
    return this.offset >= MOST_BYTES;
  }

  /**
   * Reads the lines since the last call.
   *
   * @throws Error if the server doesn't answer
   */
  async read(signal: AbortSignal, { onLines, onReplaced }: LogEvents): Promise<void> {
    while (!this.isFull) {
      const part = await this.partAt(this.offset, signal);
      if (part === undefined) {
        if (this.offset === 0) {
          break;
        }
        // The log is shorter than before, or has line ends at other offsets.
        this.offset = 0;
        onReplaced();
        continue;
      }
      const end = part.lastIndexOf(NEW_LINE) + 1;
      onLines(parseLines(new TextDecoder().decode(part.subarray(0, end))));
      this.offset += end;
      if (part.length < PART_BYTES - 1 || end === 0) {
        break;
      }
    }
  }

  /** The bytes from an offset; undefined if no line starts there. */
  private async partAt(offset: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    // Includes the byte before, which must be a line end.
    const start = Math.max(0, offset - 1);
    const range = `bytes=${start}-${start + PART_BYTES - 1}`;
    const response = await fetch(this.url, { headers: { range }, cache: 'no-store', signal });
    if (response.status === 416 || response.status === 404) {
      return undefined;
    }
    if (response.status !== 206) {
      throw new Error(`the server returned ${response.status}`);
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (offset === 0) {
      return bytes;
    }
    return bytes[0] === NEW_LINE ? bytes.subarray(1) : undefined;
  }
}
