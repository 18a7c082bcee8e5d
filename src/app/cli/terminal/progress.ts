// Progress on stderr: a bar on a terminal, occasional plain lines elsewhere.
import cliProgress from 'cli-progress';
import { visibleText } from '../../../core/errors.ts';
import { formatCount, formatDuration, formatRate } from './format.ts';
import { noteOnStderr, progressStream } from './output.ts';

/** Shown in addition to the progress itself. */
interface ProgressFields {
  /** A result, with its unit. */
  readonly result?: string;
  readonly imagesPerSecond?: number;
}

/** What is in progress. */
interface ProgressOptions {
  /** Shown before the numbers: `step`, `evaluating`. */
  readonly label: string;
  /** The total number of units; null if it is not known. */
  readonly total: number | null;
  /** The unit in the plural, unless the label names it: `images`. */
  readonly unit?: string;
  /** How numbers are formatted: `formatBytes`; by default, `formatCount`. */
  readonly show?: (count: number) => string;
  /** How many units are already done, 0 by default. */
  readonly start?: number;
}

/** Shows progress; `finish` must be called at the end, also after a failure. */
export interface Progress {
  /** Reports that `done` units are done; fields that are omitted keep their last values. */
  update(done: number, fields?: ProgressFields): void;
  /** Sets the total number of units, once it is known. */
  expect(total: number): void;
  /** Prints a line of text above the bar. */
  note(text: string): void;
  /** Keeps the last state on the screen. Only the first call has an effect. */
  finish(): void;
}

/** A stream that may be a terminal. */
type ProgressStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

const widestBar = 30;
const narrowestBar = 5;
const shortestPause = 5;
const longestPause = 60;

/** Starts showing progress: `step 420/1,500 ━━━━──── 28 % · 1.93 bits/dim · 812 images/s · 1m 12s left`. */
export function createProgress(
  options: ProgressOptions,
  stream: ProgressStream = progressStream(),
): Progress {
  const onTerminal = stream.isTTY === true && process.env.TERM !== 'dumb';
  return onTerminal ? new TerminalProgress(options, stream) : new PlainProgress(options, stream);
}

/** What both ways to show progress have in common: its state, and its text. */
abstract class ShownProgress implements Progress {
  protected readonly stream: ProgressStream;
  protected finished = false;
  private options: ProgressOptions;
  private readonly rate = new SmoothedRate();
  private done: number;
  private fields: ProgressFields = {};

  constructor(options: ProgressOptions, stream: ProgressStream) {
    this.options = { ...options, label: visibleText(options.label) };
    this.stream = stream;
    this.done = options.start ?? 0;
  }

  update(done: number, fields: ProgressFields = {}): void {
    this.done = done;
    this.fields = { ...this.fields, ...fields };
    this.rate.observe(done, now());
    this.show(done);
  }

  expect(total: number): void {
    this.options = { ...this.options, total };
  }

  note(text: string): void {
    this.stream.write(`${visibleText(text)}\n`);
  }

  finish(): void {
    if (!this.finished) {
      this.finished = true;
      this.stop();
    }
  }

  protected abstract show(done: number): void;
  /** Leaves the last state on the screen. */
  protected abstract stop(): void;

  /** One line, with a bar if `width` columns have room for one. */
  protected line(width = 0): string {
    const { label, total, unit, show = formatCount } = this.options;
    // Some work reports parts of a unit; fractions that were added up may be slightly off.
    const done = Math.floor(this.done + 1e-6);
    const words = unit === undefined ? '' : ` ${(total ?? done) === 1 ? unit.replace(/s$/, '') : unit}`;
    if (total === null) {
      return [`${label} ${show(done)}${words}`, ...this.details()].join(' · ');
    }
    const share = total > 0 ? Math.min(1, this.done / total) : 1;
    const counted = `${label} ${show(done)}/${show(total)}${words}`;
    const details = [`${Math.floor(share * 100)} %`, ...this.details()].join(' · ');
    const room = Math.min(widestBar, width - counted.length - details.length - 3);
    if (room < narrowestBar) {
      return `${counted} · ${details}`;
    }
    const filled = Math.round(share * room);
    return `${counted} ${'━'.repeat(filled)}${'─'.repeat(room - filled)} ${details}`;
  }

  private details(): string[] {
    const { result, imagesPerSecond } = this.fields;
    const { total, unit, show } = this.options;
    const { perSecond } = this.rate;
    const details: string[] = [];
    if (result !== undefined) {
      details.push(result);
    }
    if (imagesPerSecond !== undefined) {
      details.push(`${formatRate(imagesPerSecond)} images/s`);
    } else if (unit !== undefined && perSecond !== null) {
      details.push(`${formatRate(perSecond)} ${unit}/s`);
    } else if (show !== undefined && perSecond !== null) {
      details.push(`${show(perSecond)}/s`);
    }
    if (perSecond !== null && total !== null && this.done < total) {
      details.push(`${formatDuration(Math.ceil((total - this.done) / perSecond))} left`);
    }
    return details;
  }
}

class TerminalProgress extends ShownProgress {
  private readonly bar: cliProgress.SingleBar;

  constructor(options: ProgressOptions, stream: ProgressStream) {
    super(options, stream);
    this.bar = new cliProgress.SingleBar({
      stream,
      format: (_options, { maxWidth }) => this.line(maxWidth),
      // Truncates long lines, and leaves the terminal's line wrapping enabled.
      linewrap: true,
    });
    this.bar.start(options.total ?? 0, options.start ?? 0);
  }

  override expect(total: number): void {
    super.expect(total);
    this.bar.setTotal(total);
  }

  override note(text: string): void {
    if (this.finished) {
      super.note(text);
      return;
    }
    const width = this.stream.columns ?? 80;
    const line = this.line(width).slice(0, width);
    // The note overwrites the bar; the bar's new position is saved (ESC 7), because the bar returns there when it stops.
    this.stream.write(`\r\u001b[K${visibleText(text)}\n\u001b7${line}`);
  }

  protected show(done: number): void {
    this.bar.update(done);
  }

  protected stop(): void {
    this.bar.stop();
  }
}

class PlainProgress extends ShownProgress {
  private readonly started = now();
  private nextPrint = 0;
  private printed = true;

  protected show(): void {
    this.printed = false;
    if (now() >= this.nextPrint) {
      this.print();
    }
  }

  protected stop(): void {
    if (!this.printed) {
      this.print();
    }
  }

  private print(): void {
    this.stream.write(`${this.line()}\n`);
    this.printed = true;
    // The longer it runs, the less often it prints: the log of a long run should stay readable.
    const pause = (now() - this.started) / 20;
    this.nextPrint = now() + Math.min(longestPause, Math.max(shortestPause, pause));
  }
}

/** Seconds on a monotonic clock. */
function now(): number {
  return performance.now() / 1000;
}

/** The time constant of the average, in seconds. */
const memorySeconds = 15;

/**
 * An exponential moving average of a rate: the weight of an observation falls by a factor of e every 15 s.
 *
 * The clock starts with the first observation, so what came before it (compiling, reading data) does not count.
 */
export class SmoothedRate {
  private lastDone: number | null = null;
  private lastSeconds = 0;
  private weightedRate = 0;
  private weight = 0;

  /** Records that `done` units were done at the time `seconds`. */
  observe(done: number, seconds: number): void {
    if (this.lastDone === null) {
      this.lastDone = done;
      this.lastSeconds = seconds;
      return;
    }
    const elapsed = seconds - this.lastSeconds;
    if (elapsed <= 0) {
      return;
    }
    const memory = Math.exp(-elapsed / memorySeconds);
    this.weightedRate = memory * this.weightedRate + (1 - memory) * ((done - this.lastDone) / elapsed);
    this.weight = memory * this.weight + (1 - memory);
    this.lastDone = done;
    this.lastSeconds = seconds;
  }

  /** Units per second; null until there are enough observations. */
  get perSecond(): number | null {
    return this.weightedRate > 0 ? this.weightedRate / this.weight : null;
  }
}

/** Runs work on a number of images, or of another unit, with a progress bar; `onProgress` takes the amount done and the total. */
export async function withImageProgress<Result>(
  label: string,
  images: number,
  work: (onProgress: (done: number, total: number) => void, bar: Progress) => Promise<Result>,
  unit = 'images',
): Promise<Result> {
  const bar = createProgress({ label, total: images, unit });
  try {
    return await work((done, total) => bar.update((images * done) / total), bar);
  } finally {
    bar.finish();
  }
}

/** A bar for each phase, with notes above it. */
interface PhaseBars {
  /** Reports the progress of a phase; `unit` names what is counted. */
  show(label: string, done: number, total: number, unit?: string): void;
  note(text: string): void;
  /** Must be called at the end, also after a failure. */
  finish(): void;
}

/** Starts showing phases, one after the other. */
export function phaseBars(): PhaseBars {
  let current: { readonly label: string; readonly bar: Progress } | undefined;
  return {
    show(label, done, total, unit) {
      if (current?.label !== label) {
        current?.bar.finish();
        current = { label, bar: createProgress({ label, total, ...(unit !== undefined && { unit }) }) };
      }
      current.bar.expect(total);
      current.bar.update(done);
    },
    note: (text) => (current ? current.bar.note(text) : noteOnStderr(text)),
    finish: () => current?.bar.finish(),
  };
}

/** Does some work, with its phases shown. */
export async function withProgress<Result>(
  work: (show: PhaseBars['show'], note: PhaseBars['note']) => Promise<Result>,
): Promise<Result> {
  const { show, note, finish } = phaseBars();
  try {
    return await work(show, note);
  } finally {
    finish();
  }
}
