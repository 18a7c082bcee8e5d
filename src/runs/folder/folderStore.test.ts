import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import type { RunStore } from '../contents/runStore.ts';
import { largestSummary } from '../contents/runSummary.ts';
import { folderStore } from './folderStore.ts';
import { createRunFolder } from './newRunFolder.ts';
import { type RunPaths, readSummary } from './runFolder.ts';

const folder = temporaryFolder();
let paths: RunPaths;
let store: RunStore;

beforeEach(() => {
  paths = createRunFolder(mkdtempSync(join(folder, 'run-')), '');
  store = folderStore(paths);
});

it('refuses to train into a folder in the place of a file, before anything is written', async () => {
  mkdirSync(join(paths.directory, 'README.md'));
  const before = readdirSync(paths.directory);
  await expect(store.mend()).rejects.toThrow(/^cannot write .*README.md: it is a folder; name a file$/);
  expect(readdirSync(paths.directory)).toEqual(before);
});

describe('the summary of a run', () => {
  it('keeps each evaluation once, also when training resumes', async () => {
    expect(await store.readSummary()).toEqual({});
    await store.writeSummary({ steps: 40, bitsPerDim: 2.5 });
    expect(await store.readSummary()).toEqual({ steps: 40, bitsPerDim: 2.5 });
    for (const bitsPerDim of [2.7, 2.6, 2.7]) {
      await store.appendEvaluation({ split: 'test', bitsPerDim });
    }
    await store.writeSummary({ steps: 80 });
    const expected = {
      steps: 80,
      evaluations: [
        { split: 'test', bitsPerDim: 2.6 },
        { split: 'test', bitsPerDim: 2.7 },
      ],
    };
    expect(await store.readSummary()).toEqual(expected);
    expect(readFileSync(paths.summary, 'utf8')).toBe(`${JSON.stringify(expected, null, 2)}\n`);
  });

  it('accepts an evaluation before training has finished', async () => {
    await store.appendEvaluation({ split: 'test' });
    expect(await store.readSummary()).toEqual({ evaluations: [{ split: 'test' }] });
  });

  it.each(['{"steps":', '[]'])('names the file if it holds %j', async (text) => {
    writeFileSync(paths.summary, text);
    expect(() => readSummary(paths)).toThrow(`${paths.summary}: not`);
    await expect(store.readSummary()).rejects.toThrow(`${paths.summary}: not`);
    await expect(store.appendEvaluation({})).rejects.toThrow('delete it');
    expect(readFileSync(paths.summary, 'utf8')).toBe(text);
  });

  it.each([
    ['damaged', '{"steps":', 'not valid JSON'],
    ['too large', ' '.repeat(largestSummary + 1), `too many for this kind of file (limit ${largestSummary})`],
  ])('is set aside if it is %s', async (_, text, problem) => {
    writeFileSync(paths.summary, text);
    const [note, ...others] = await store.mend();
    expect(others).toEqual([]);
    expect(note).toMatch(`${problem}; it is kept as ${paths.summary}.damaged, and a new one is started`);
    expect(await store.readSummary()).toEqual({});
    expect(readFileSync(`${paths.summary}.damaged`, 'utf8')).toBe(text);
  });
});
