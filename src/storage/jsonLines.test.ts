import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../errors.ts';
import { ClosedFolder } from './closedFolder.ts';
import { appendJsonLine, mendJsonLines, readJsonLines, rewindJsonLines } from './jsonLines.ts';

let folder: string;
let log: string;
let files: ClosedFolder;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'lines-'));
  log = join(folder, 'metrics.jsonl');
  files = new ClosedFolder(folder);
});

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  fs.rmSync(folder, { recursive: true });
});

describe('appendJsonLine', () => {
  it('appends one line at a time, which readJsonLines reads back', () => {
    expect(readJsonLines(log)).toEqual([]);
    appendJsonLine(files, log, { step: 1, bitsPerDim: 7.25, note: 'a\nb' });
    appendJsonLine(files, log, { step: 2, bitsPerDim: Number.NaN });
    expect(fs.readFileSync(log, 'utf8')).toBe(
      '{"step":1,"bitsPerDim":7.25,"note":"a\\nb"}\n{"step":2,"bitsPerDim":null}\n',
    );
    expect(readJsonLines(log)).toEqual([
      { step: 1, bitsPerDim: 7.25, note: 'a\nb' },
      { step: 2, bitsPerDim: null },
    ]);
  });

  it('leaves no half line when the disk fills up', () => {
    appendJsonLine(files, log, { step: 1 });
    const { writeSync } = fs;
    let calls = 0;
    vi.spyOn(fs, 'writeSync').mockImplementation(((file: number, bytes: Uint8Array) => {
      if (calls++ === 0) {
        return writeSync(file, bytes, 0, 4);
      }
      throw Object.assign(new Error('ENOSPC: full'), { code: 'ENOSPC', syscall: 'write' });
    }) as typeof fs.writeSync);
    syncBuiltinESMExports();
    expect(() => appendJsonLine(files, log, { step: 2 })).toThrow(`cannot write ${log}: no space is left`);
    expect(calls).toBe(2);
    expect(fs.readFileSync(log, 'utf8')).toBe('{"step":1}\n');
  });

  it('explains a missing folder', () => {
    expect(() => appendJsonLine(files, join(folder, 'gone', 'log'), {})).toThrow(UserError);
  });
});

describe('readJsonLines', () => {
  it('leaves out a line truncated by a crash', () => {
    fs.writeFileSync(log, '{"step":1}\n{"step":2,"bits');
    expect(readJsonLines(log)).toEqual([{ step: 1 }]);
  });

  it.each(['{"step":', '[1]', '', 'null'])('names file and line of %j', (line) => {
    fs.writeFileSync(log, `{"step":1}\n${line}\n{"step":3}\n`);
    expect(() => readJsonLines(log)).toThrow(UserError);
    expect(() => readJsonLines(log)).toThrow(`${log}, line 2: not`);
  });
});

describe('rewindJsonLines', () => {
  it('truncates the log at the first line that is not kept, so that a resumed run writes the same bytes', () => {
    const lines = [1, 2, 3, 4].map((step) => ({ step, bitsPerDim: 1 / step }));
    for (const line of lines) {
      appendJsonLine(files, log, line);
    }
    const whole = fs.readFileSync(log, 'utf8');
    fs.appendFileSync(log, '{"step":5,"bi');
    rewindJsonLines(files, log, ({ step }) => Number(step) <= 2);
    expect(readJsonLines(log)).toEqual(lines.slice(0, 2));
    appendJsonLine(files, log, lines[2]!);
    appendJsonLine(files, log, lines[3]!);
    expect(fs.readFileSync(log, 'utf8')).toBe(whole);
    rewindJsonLines(files, log, () => true);
    expect(fs.readFileSync(log, 'utf8')).toBe(whole);
  });

  it('does nothing if there is no log', () => {
    rewindJsonLines(files, log, () => false);
    expect(fs.existsSync(log)).toBe(false);
  });
});

describe('mendJsonLines', () => {
  const check = ({ step }: Record<string, unknown>) =>
    typeof step === 'number' ? undefined : 'its step is not a number';

  it('sets a damaged log aside, never over another, and keeps its sound lines', () => {
    const damaged = '{"step":1}\n{"st\u0000p":2}\n{"step":"3"}\n{"step":4}\n';
    for (const aside of ['metrics.jsonl.damaged', 'metrics.jsonl.damaged-2']) {
      fs.writeFileSync(log, damaged);
      expect(mendJsonLines(files, log, check)).toEqual({
        damage: `${log}, line 2: not valid JSON`,
        aside: join(folder, aside),
      });
      expect(fs.readFileSync(join(folder, aside), 'utf8')).toBe(damaged);
      expect(readJsonLines(log, check)).toEqual([{ step: 1 }, { step: 4 }]);
    }
  });

  it('leaves a sound log alone', () => {
    expect(mendJsonLines(files, log, check)).toBeUndefined();
    appendJsonLine(files, log, { step: 1 });
    expect(mendJsonLines(files, log, check)).toBeUndefined();
    expect(fs.readdirSync(folder)).toEqual(['metrics.jsonl']);
  });

  it('names the line whose values are wrong', () => {
    fs.writeFileSync(log, '{"step":1}\n{"step":{}}\n');
    expect(() => readJsonLines(log, check)).toThrow(
      `${log}, line 2: its step is not a number; remove that line`,
    );
  });
});
