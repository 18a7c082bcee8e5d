import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createRunFolder } from '../../src/runs/folder/newRunFolder.ts';
import { checkpointPath } from '../../src/runs/folder/runFolder.ts';
import { stringifyConfig } from '../../src/runs/settings/configText.ts';
import { writeJson } from './jsonFile.ts';
import { countOpenRuns, isDone, runsOf, type Unit, unitsOf } from './plan.ts';
import { configOf, recordFailure, type StudyRun, searchRuns, seedRun } from './runs.ts';
import type { Study } from './studies.ts';
import { tinyStudy } from './tinyStudy.ts';

const root = mkdtempSync(join(tmpdir(), 'plan-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function study(name: string, changes: Partial<Study> = {}): Study {
  return { ...tinyStudy, name, steps: 100, seeds: [0, 1, 2, 3], ...changes };
}

const one = study('one', {
  comparisons: [
    { title: 'main', variants: ['1x1', 'emerging'] },
    { title: 'more', variants: ['1x1', 'maf'] },
    { title: 'the same again', variants: ['emerging', 'maf'] },
  ],
});
const two = study('two', { comparisons: [{ title: 'main', variants: ['1x1', 'periodic'] }] });

describe('unitsOf', () => {
  it('takes three seeds of each main comparison, then of what others add, then the seeds beyond', () => {
    const words = unitsOf([one, two]).map(
      ({ study, variants, seed }) => `${study.name} ${variants.join('+')} ${seed}`,
    );
    expect(words).toEqual([
      ...['one 1x1+emerging 0', 'one 1x1+emerging 1', 'one 1x1+emerging 2'],
      ...['two 1x1+periodic 0', 'two 1x1+periodic 1', 'two 1x1+periodic 2'],
      ...['one maf 0', 'one maf 1', 'one maf 2'],
      ...['one 1x1+emerging 3', 'one maf 3', 'two 1x1+periodic 3'],
    ]);
  });
});

describe('isDone', () => {
  it('requires a measurement of a run of a seed, whether its rate is known or not', () => {
    const run = seedRun(root, study('measured'), '1x1', 0, 0.1);
    train(run, 3);
    for (const rate of [0.1, null]) {
      expect(isDone({ ...run, rate })).toBe(false);
    }
    writeJson(join(run.directory, 'measurement.json'), {});
    for (const rate of [0.1, null]) {
      expect(isDone({ ...run, rate })).toBe(true);
    }
  });
});

describe('runs that failed', () => {
  it('are done, and a variant whose every rate failed has no further runs', () => {
    const failing = { ...two, name: 'failing', search: { rates: [0.1, 0.2], steps: 20, seed: 9 } };
    const [unit] = unitsOf([failing]);
    const names = (): string[] =>
      runsOf(unit!, root).map(
        ({ search, variant, rate }) => `${search ? 'search' : 'seed'} ${variant} ${rate}`,
      );
    expect(names()).toEqual([
      ...['search 1x1 0.1', 'search 1x1 0.2', 'search periodic 0.1', 'search periodic 0.2'],
      ...['seed 1x1 null', 'seed periodic null'],
    ]);
    for (const run of runsOf(unit!, root).slice(2, 4)) {
      recordFailure(run, 'it diverged');
      expect(isDone(run)).toBe(true);
    }
    expect(names().slice(4)).toEqual(['seed 1x1 null']);
  });

  it('are distinguished from runs that were trained but not validated', () => {
    const unvalidated = study('unvalidated', { search: { rates: [0.1, 0.2], steps: 20, seed: 9 } });
    const unit = { study: unvalidated, comparison: 0, variants: ['1x1'], seed: 0 } as const;
    for (const run of searchRuns(root, unvalidated, '1x1')) {
      train(run, null);
    }
    expect(openRuns(unit)).toEqual(['1x1-0']);
  });
});

describe('a search with one more rate than its runs had', () => {
  /**
   * A study whose runs are trained, those of a seed at the rate 0.2, and the same study with one more rate.
   */
  function widened(name: string): { before: Unit; wider: Unit; at(place: number): StudyRun } {
    const narrow = { ...two, name, seeds: [0], search: { rates: [0.1, 0.2], steps: 20, seed: 9 } };
    const [before] = unitsOf([narrow]);
    const [wider] = unitsOf([{ ...narrow, search: { ...narrow.search, rates: [0.1, 0.2, 0.4] } }]);
    for (const run of runsOf(before!, root).filter(({ search }) => search)) {
      train(run, run.rate === 0.2 ? 2 : 3);
    }
    for (const run of runsOf(before!, root).filter(({ search }) => !search)) {
      train(run, 1);
    }
    return { before: before!, wider: wider!, at: (place) => runsOf(wider!, root)[place]! };
  }

  it('is searched first, regardless of the rate of the runs that exist', () => {
    const { before, wider, at } = widened('first');
    expect(openRuns(before)).toEqual(['1x1-0', 'periodic-0']);
    // Trained at 0.2, which is not the first rate: they only remain to be measured.
    expect(openRuns(wider)).toEqual(['1x1-0.4', 'periodic-0.4', '1x1-0', 'periodic-0']);
    train(at(2), 2.5);
    expect(openRuns(wider)).toEqual(['periodic-0.4', '1x1-0', 'periodic-0']);
    expect(countOpenRuns([wider, wider], root)).toBe(3);
  });

  it('refuses runs with other settings immediately', () => {
    const { wider } = widened('settings');
    expect(() => openRuns({ ...wider, study: { ...wider.study, steps: 101 } })).toThrow(
      /1x1-0 was trained with other settings \(training\.steps is 100 there and 101 in the study\)/,
    );
  });

  it('keeps the runs if their rate wins again, and reports the winner if another does', () => {
    const { wider, at } = widened('kept');
    train(at(2), 2.5);
    train(at(5), 1.5);
    expect(() => openRuns(wider)).toThrow(
      /periodic-0 was trained at the learning rate 0\.2, and the search now finds 0\.4 best for periodic: move the runs/,
    );
    rmSync(at(7).directory, { recursive: true });
    expect(openRuns(wider)).toEqual(['1x1-0', 'periodic-0']);
  });

  it('does not confuse a failure at one rate with one at another', () => {
    const { before, wider, at } = widened('failed');
    const [, , , , first, second] = runsOf(before, root);
    for (const run of [first!, second!]) {
      rmSync(run.directory, { recursive: true });
      recordFailure(run, 'it diverged');
    }
    expect(openRuns(before)).toEqual([]);
    train(at(2), 2.5);
    expect(openRuns(wider)).toEqual(['periodic-0.4']);
    train(at(5), 1.5);
    expect(() => openRuns(wider)).toThrow(
      /periodic-0\.failed\.json belongs to a run at the learning rate 0\.2, and the search now finds 0\.4 best for periodic: /,
    );
  });
});

/** The names of the runs of a unit that are not done. */
function openRuns(unit: Unit): string[] {
  return runsOf(unit, root)
    .filter((run) => !isDone(run))
    .map(({ directory }) => basename(directory));
}

/** Creates the files of a trained run that a plan reads. */
function train(run: StudyRun, bitsPerDim: number | null): void {
  const paths = createRunFolder(run.directory, stringifyConfig(configOf(run)));
  writeFileSync(checkpointPath(paths, run.steps!), '');
  writeFileSync(paths.summary, JSON.stringify({ complete: true, bitsPerDim }));
}
