import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runPaths } from '../../src/runs/folder/runFolder.ts';
import { compare } from './comparison.ts';
import type { DoneRun } from './doneRuns.ts';
import { seedRun } from './runs.ts';
import { tinyStudy } from './tinyStudy.ts';

const root = mkdtempSync(join(tmpdir(), 'comparison-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A run with bits/dim of two test images, and of the validation images after 10 and 20 steps. */
function done(variant: string, seed: number, perImage: [number, number], curve: [number, number]): DoneRun {
  const largestError = seed === 0 ? 1e-5 : 1e-3;
  return {
    run: seedRun(root, tinyStudy, variant, seed, 0.01),
    measurement: {
      ...{ step: 20, parameters: 7, perImage, bitsPerDim: (perImage[0] + perImage[1]) / 2 },
      ...{ standardError: null, samplingError: null, draws: 1 },
      roundTrip: { images: 2, largestError, exactPixelShare: 1 - largestError },
    },
    validation: curve.map((bitsPerDim, index) => ({ step: 10 * (index + 1), bitsPerDim })),
  } as DoneRun;
}

const runs = [
  done('1x1', 0, [5, 3], [6, 4]),
  done('1x1', 1, [6, 4], [7, 5]),
  done('1x1', 2, [9, 9], [9, 9]),
  done('emerging', 0, [4, 3], [5, 3]),
  done('emerging', 1, [4, 4], [5, 4]),
];
const searches = (['1x1', 'emerging'] as const).map((variant) => ({
  ...{ variant, tried: [], complete: true, chosen: 0.01, atEdge: variant === '1x1' },
}));
const compared = (stepTimes: Partial<Record<string, number>>, seeds = [0, 1, 2]) =>
  compare({ seeds, variants: ['1x1', 'emerging'], done: runs, searches, stepTimes });

describe('compare', () => {
  it('uses the seeds that every variant has, and differences within each of them', () => {
    const { seeds, rows } = compared({ '1x1': 1, emerging: 2 });
    expect(seeds).toEqual([0, 1]);
    const [first, second] = rows;
    expect(first).toMatchObject({ variant: '1x1', difference: null, rateAtEdge: true });
    expect(first!.test.mean).toBe(4.5);
    // Differences of the images: −1 and 0 with seed 0, −2 and 0 with seed 1.
    expect(second!.difference).toMatchObject({ mean: -0.75, seeds: 2 });
    expect(second!.curve.map(({ differences }) => differences)).toEqual([
      [-1, -2],
      [-1, -1],
    ]);
    expect(second!.roundTrip).toEqual({ images: 2, largestError: 1e-3, exactPixelShare: 1 - 1e-3 });
  });

  it('compares at the seconds that the fastest took, on the curve of each', () => {
    const { equalSeconds, rows } = compared({ '1x1': 1, emerging: 2 });
    // 20 steps of 1 s; emerging has made 10 by then.
    expect(equalSeconds).toBe(20);
    expect(rows[0]!.atEqualSeconds).toMatchObject({ value: { mean: 4.5 }, difference: null });
    expect(rows[1]!.atEqualSeconds).toMatchObject({ value: { mean: 5 }, difference: { mean: 0.5 } });
  });

  it('has no value at equal seconds if a curve begins later', () => {
    const { rows } = compared({ '1x1': 1, emerging: 3 });
    expect(rows.map(({ atEqualSeconds }) => atEqualSeconds === null)).toEqual([false, true]);
  });

  it("uses the times of the runs' own steps for all variants if only some were timed", () => {
    for (const { run } of runs) {
      mkdirSync(run.directory, { recursive: true });
      const line = JSON.stringify({ seconds: run.variant === '1x1' ? 3 : 4 });
      writeFileSync(runPaths(run.directory).timings, `${line}\n`.repeat(20));
    }
    const { equalSeconds, rows } = compared({ '1x1': 1 });
    expect(rows.map(({ secondsPerStep }) => secondsPerStep)).toEqual([3, 4]);
    // 20 steps of 3 s, and not of the 1 s that was timed.
    expect(equalSeconds).toBe(60);
  });

  it('is empty if no seed is done with every variant', () => {
    expect(compared({}, [2])).toEqual({ seeds: [], equalSeconds: null, rows: [] });
  });
});
