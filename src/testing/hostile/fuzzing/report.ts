// The fuzzer's results: distinct failures, each with the command that repeats it, and a table by format.
import { appendFileSync, cpSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { visibleText } from '../../../visibleText.ts';
import type { Outcome } from '../runCommands.ts';

/** A tried input. */
export interface Trial {
  readonly number: number;
  readonly format: string;
  readonly what: string;
  readonly folder: string;
  readonly outcome: Outcome;
  /** How the command failed; undefined if it worked or refused. */
  readonly failure: string | undefined;
}

/** The counts of a format. */
interface Row {
  inputs: number;
  codes: [number, number, number];
  failures: number;
  slowest: number;
  mostBytes: number;
}

/** Larger files are not kept: the input can be made again from its number. */
const LARGEST_KEPT = 2 ** 26;

/** Collects trials. */
export class Report {
  private readonly rows = new Map<string, Row>();
  private readonly seen = new Map<string, number>();

  private readonly seed: number;
  private readonly folder: string;

  /** @param folder where failures are kept */
  constructor(seed: number, folder: string) {
    this.seed = seed;
    this.folder = folder;
  }

  get inputs(): number {
    return [...this.rows.values()].reduce((sum, { inputs }) => sum + inputs, 0);
  }

  get findings(): number {
    return this.seen.size;
  }

  /** Counts a trial; keeps and prints a failure unless the same was found before. */
  add(trial: Trial): void {
    const { format, outcome, failure } = trial;
    const row = this.rows.get(format) ?? {
      inputs: 0,
      codes: [0, 0, 0],
      failures: 0,
      slowest: 0,
      mostBytes: 0,
    };
    this.rows.set(format, row);
    row.inputs++;
    row.slowest = Math.max(row.slowest, outcome.seconds);
    row.mostBytes = Math.max(row.mostBytes, outcome.peakBytes);
    if (failure === undefined) {
      row.codes[outcome.code as 0 | 1 | 2]++;
      return;
    }
    row.failures++;
    const key = kindOf(trial, failure);
    const times = (this.seen.get(key) ?? 0) + 1;
    this.seen.set(key, times);
    if (times === 1) {
      this.keep(trial, failure);
    }
  }

  /** The table, with a line for each format. */
  table(): string {
    const header = ['format', 'inputs', 'exit 0', 'exit 1', 'exit 2', 'failed', 'slowest', 'most memory'];
    const lines = [...this.rows]
      .sort()
      .map(([format, row]) => [
        format,
        ...[row.inputs, ...row.codes, row.failures].map(String),
        `${row.slowest.toFixed(1)} s`,
        `${(row.mostBytes / 2 ** 20).toFixed(0)} MiB`,
      ]);
    const widths = header.map((title, column) =>
      Math.max(...[title, ...lines.map((line) => line[column]!)].map(({ length }) => length)),
    );
    const text = [header, ...lines].map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join('  '),
    );
    const kinds = [...this.seen].map(([kind, times]) => `${times} x ${kind}`);
    return [...text, '', `${this.findings} distinct failures`, ...kinds].join('\n');
  }

  private keep({ number, format, what, folder, outcome }: Trial, failure: string): void {
    const kept = join(this.folder, `${this.seed}-${number}`);
    mkdirSync(kept, { recursive: true });
    const text = [
      `${format}: ${what}`,
      `emerging ${outcome.args.join(' ')}`,
      failure,
      `repeat: npm run fuzz -- --seed ${this.seed} --only ${format} --input ${number}`,
    ].map(visibleText);
    writeFileSync(join(kept, 'finding.txt'), `${text.join('\n')}\n\n${outcome.stderr}`);
    appendFileSync(join(this.folder, 'findings.txt'), `${text.join('\n')}\n\n`);
    process.stdout.write(`${text.join('\n  ')}\n`);
    copySmall(join(folder, 'cwd'), join(kept, 'cwd'));
  }
}

/** A failure without the parts that differ between inputs. */
function kindOf({ format, outcome: { args } }: Trial, failure: string): string {
  const message = failure
    .replace(/; they are now .*/, '')
    .replace(/\/\S+/g, 'PATH')
    .replace(/[\d.,]+/g, 'N')
    .slice(0, 160);
  return visibleText(`${format}, ${args.slice(0, args[0] === 'datasets' ? 2 : 1).join(' ')}: ${message}`);
}

function copySmall(from: string, to: string): void {
  cpSync(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => {
      const status = statSync(path, { throwIfNoEntry: false });
      return status?.isDirectory() === true || (status?.isFile() === true && status.size < LARGEST_KEPT);
    },
  });
}
