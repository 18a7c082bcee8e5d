import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRunFolder } from './newRunFolder.ts';
import type { RunPaths } from './runFolder.ts';
import { appendEvaluation, readSummary, writeSummary } from './summaryFile.ts';

let root: string;
let paths: RunPaths;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'summary-'));
  paths = createRunFolder(join(root, 'run'), '');
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

describe('the summary of a run', () => {
  it('keeps its evaluations when training resumes', () => {
    expect(readSummary(paths)).toEqual({});
    writeSummary(paths, { steps: 40, bitsPerDim: 2.5 });
    expect(readSummary(paths)).toEqual({ steps: 40, bitsPerDim: 2.5 });
    appendEvaluation(paths, { split: 'test', bitsPerDim: 2.6 });
    appendEvaluation(paths, { split: 'test', bitsPerDim: 2.7 });
    writeSummary(paths, { steps: 80 });
    const expected = {
      steps: 80,
      evaluations: [
        { split: 'test', bitsPerDim: 2.6 },
        { split: 'test', bitsPerDim: 2.7 },
      ],
    };
    expect(readSummary(paths)).toEqual(expected);
    expect(readFileSync(paths.summary, 'utf8')).toBe(`${JSON.stringify(expected, null, 2)}\n`);
  });

  it('accepts an evaluation before training has finished', () => {
    appendEvaluation(paths, { split: 'test' });
    expect(readSummary(paths)).toEqual({ evaluations: [{ split: 'test' }] });
  });

  it.each(['{"steps":', '[]'])('names the file if it holds %j', (text) => {
    writeFileSync(paths.summary, text);
    expect(() => readSummary(paths)).toThrow(`${paths.summary}: not`);
    expect(() => appendEvaluation(paths, {})).toThrow('delete it');
    expect(readFileSync(paths.summary, 'utf8')).toBe(text);
  });
});
