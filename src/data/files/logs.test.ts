// Logs in a folder: appended to, read, rewound and repaired.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { emptyFolder } from '../../testing/temporaryFolder.ts';
import { ClosedFolder } from './closedFolder.ts';
import { readJsonLines, readLastJsonLines } from './files.ts';
import type { JsonObject } from './jsonText.ts';
import { jsonLine, mendLog, rewindLog } from './logs.ts';

const NAME = 'metrics.jsonl';

const folder = emptyFolder();
const log = join(folder, NAME);
let files: ClosedFolder;
const append = (line: JsonObject): void => files.append(NAME, jsonLine(line));
const check = ({ step }: Record<string, unknown>) =>
  typeof step === 'number' ? undefined : 'its step is not a number';

beforeEach(() => {
  files = new ClosedFolder(folder);
});

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

describe('a log', () => {
  it('appends one line at a time, which readJsonLines reads back', () => {
    expect([...readJsonLines(log)]).toEqual([]);
    append({ step: 1, bitsPerDim: 7.25, note: 'a\nb' });
    append({ step: 2, bitsPerDim: Number.NaN });
    expect(fs.readFileSync(log, 'utf8')).toBe(
      '{"step":1,"bitsPerDim":7.25,"note":"a\\nb"}\n{"step":2,"bitsPerDim":null}\n',
    );
    expect([...readJsonLines(log)]).toEqual([
      { step: 1, bitsPerDim: 7.25, note: 'a\nb' },
      { step: 2, bitsPerDim: null },
    ]);
  });

  it('escapes characters that a terminal would interpret', () => {
    append({ reason: 'a\u009b31m\u202eb' });
    expect(fs.readFileSync(log, 'utf8')).toBe('{"reason":"a\\u009b31m\\u202eb"}\n');
    expect([...readJsonLines(log)]).toEqual([{ reason: 'a\u009b31m\u202eb' }]);
  });
});

describe('readJsonLines', () => {
  it('leaves out a line truncated by a crash', () => {
    fs.writeFileSync(log, '{"step":1}\n{"step":2,"bits');
    expect([...readJsonLines(log)]).toEqual([{ step: 1 }]);
  });

  it.each(['{"step":', '[1]', '', 'null'])('names file and line of %j', (line) => {
    fs.writeFileSync(log, `{"step":1}\n${line}\n{"step":3}\n`);
    expect(() => [...readJsonLines(log)]).toThrow(UserError);
    expect(() => [...readJsonLines(log)]).toThrow(`${log}, line 2: not`);
  });
});

describe('rewindLog', () => {
  it('truncates the log at the first line that is not kept, so that a resumed run writes the same bytes', async () => {
    const lines = [1, 2, 3, 4].map((step) => ({ step, bitsPerDim: 1 / step }));
    for (const line of lines) {
      append(line);
    }
    const completeLog = fs.readFileSync(log, 'utf8');
    fs.appendFileSync(log, '{"step":5,"bi');
    await rewindLog(files, NAME, ({ step }) => Number(step) <= 2);
    expect([...readJsonLines(log)]).toEqual(lines.slice(0, 2));
    append(lines[2]!);
    append(lines[3]!);
    expect(fs.readFileSync(log, 'utf8')).toBe(completeLog);
    await rewindLog(files, NAME, () => true);
    expect(fs.readFileSync(log, 'utf8')).toBe(completeLog);
  });

  it('does nothing without a log', async () => {
    await rewindLog(files, NAME, () => false);
    expect(fs.existsSync(log)).toBe(false);
  });
});

describe('mendLog', () => {
  it('sets a damaged log aside, never over another, and keeps the lines before the damage', async () => {
    const damaged = '{"step":1}\n{"st\u0000p":2}\n{"step":"3"}\n{"step":4}\n';
    for (const aside of ['metrics.jsonl.damaged', 'metrics.jsonl.damaged-2']) {
      fs.writeFileSync(log, damaged);
      expect(await mendLog(files, NAME, check)).toEqual({
        problem: `${log}, line 2: not valid JSON`,
        aside: join(folder, aside),
      });
      expect(fs.readFileSync(join(folder, aside), 'utf8')).toBe(damaged);
      expect([...readJsonLines(log, check)]).toEqual([{ step: 1 }]);
    }
  });

  it('does not touch a sound log', async () => {
    expect(await mendLog(files, NAME, check)).toBeUndefined();
    append({ step: 1 });
    expect(await mendLog(files, NAME, check)).toBeUndefined();
    expect(fs.readdirSync(folder)).toEqual(['metrics.jsonl']);
  });

  it('names the line whose values are wrong', () => {
    fs.writeFileSync(log, '{"step":1}\n{"step":{}}\n');
    expect(() => [...readJsonLines(log, check)]).toThrow(
      `${log}, line 2: its step is not a number; remove that line`,
    );
  });
});

describe('a log from a stranger', () => {
  it('is read line by line where blocks end anywhere, and rewound byte for byte', async () => {
    // Lines of many lengths across the blocks of 1 MiB, with characters of several bytes.
    const lines = Array.from({ length: 40_000 }, (_, step) => ({ step, note: 'é€😀'.repeat(step % 17) }));
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    fs.writeFileSync(log, text);
    expect([...readJsonLines(log, check)]).toEqual(lines);
    await rewindLog(files, NAME, ({ step }) => Number(step) < 31_000);
    const expectedLines = lines.slice(0, 31_000).map((line) => `${JSON.stringify(line)}\n`);
    expect(fs.readFileSync(log, 'utf8')).toBe(expectedLines.join(''));
  });

  it('with too long lines is refused at the first, and repaired up to there', async () => {
    const long = (length: number) => `{"step":2,"note":"${'x'.repeat(length)}"}`;
    // In one block, across blocks, and cut off at the end.
    fs.writeFileSync(
      log,
      `{"step":1}\n${long(70_000)}\n{"step":3}\n${long(3e6)}\n{"step":4}\n${long(70_000)}`,
    );
    const problem = `${log}, line 2: longer than 65536 bytes`;
    expect(() => [...readJsonLines(log)]).toThrow(`${problem}; remove that line`);
    expect(await mendLog(files, NAME, check)).toEqual({ problem, aside: `${log}.damaged` });
    expect(fs.readFileSync(log, 'utf8')).toBe('{"step":1}\n');
  });

  it('that ends in a too long line is refused', () => {
    fs.writeFileSync(log, `{"step":1}\n${'x'.repeat(70_000)}`);
    expect(() => [...readJsonLines(log)]).toThrow(`${log}, line 2: longer than 65536 bytes`);
  });

  it('of more than 2 GiB is refused and left alone', async () => {
    fs.writeFileSync(log, '{"step":1}\n');
    fs.truncateSync(log, 8 * 2 ** 30);
    for (const use of [
      async () => [...readJsonLines(log)],
      () => mendLog(files, NAME, check),
      () => rewindLog(files, NAME, () => true),
    ]) {
      await expect(use()).rejects.toThrow(
        `cannot read ${log}: 8589934592 bytes are too many for this kind of file`,
      );
    }
    expect(fs.readdirSync(folder)).toEqual(['metrics.jsonl']);
    expect(fs.statSync(log).size).toBe(8 * 2 ** 30);
  });

  it('with objects nested too deep to be written again is damaged', () => {
    fs.writeFileSync(log, `{"step":1,"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}\n`);
    expect(() => [...readJsonLines(log)]).toThrow(`${log}, line 1: nested deeper than 64 levels`);
  });

  it('is read in blocks, on demand', () => {
    fs.writeFileSync(log, '{"step":1,"bitsPerDim":3}\n'.repeat(200_000));
    const reads = vi.spyOn(fs, 'readSync');
    const closes = vi.spyOn(fs, 'closeSync');
    syncBuiltinESMExports();
    let count = 0;
    for (const _ of readJsonLines(log)) {
      if (count++ === 0) {
        expect(reads).toHaveBeenCalledTimes(1);
      }
      if (count === 100_000) {
        break;
      }
    }
    // 2.6 of 5.2 MB.
    expect(reads).toHaveBeenCalledTimes(3);
    expect(closes).toHaveBeenCalledTimes(1);
    for (const [, bytes] of reads.mock.calls) {
      expect(bytes.byteLength).toBe(2 ** 20);
    }
  });
});

describe('readLastJsonLines', () => {
  it('reads all of a log of at most 16 MiB, and nothing without a log', () => {
    expect(readLastJsonLines(log, check)).toEqual({ lines: [], isCut: false });
    const line = `{"step":1,"note":"${'x'.repeat(1024 - 21)}"}\n`;
    fs.writeFileSync(log, line.repeat(16 * 1024));
    const { lines, isCut } = readLastJsonLines(log, check);
    expect(isCut).toBe(false);
    expect([...lines]).toHaveLength(16 * 1024);
  });

  it('reads the whole lines in the last 16 MiB of a longer log, and names damage there', () => {
    const lines = Array.from(
      { length: 40_000 },
      (_, step) => `${JSON.stringify({ step, note: 'x'.repeat(1000) })}\n`,
    );
    fs.writeFileSync(log, lines.join(''));
    const reads = vi.spyOn(fs, 'readSync');
    syncBuiltinESMExports();
    const last = readLastJsonLines(log, check);
    const read = [...last.lines];
    expect(last.isCut).toBe(true);
    expect(reads.mock.calls.length).toBeLessThan(20);
    const bytes = read.length * lines.at(-1)!.length;
    expect(bytes).toBeLessThanOrEqual(2 ** 24);
    expect(bytes).toBeGreaterThan(2 ** 24 - lines.at(-1)!.length);
    expect(read.map(({ step }) => step)).toEqual(read.map((_, index) => 40_000 - read.length + index));
    fs.writeFileSync(log, `${lines.join('')}{x}\n`);
    expect(() => [...readLastJsonLines(log, check).lines]).toThrow(
      `${log}, line ${read.length + 1} of its last 16 MiB: not valid JSON`,
    );
    // The start of the line that the last 16 MiB begin in does not matter unless it is far too long.
    fs.writeFileSync(log, 'x'.repeat(2 ** 25));
    expect(() => [...readLastJsonLines(log, check).lines]).toThrow('longer than 65536 bytes');
  });
});
