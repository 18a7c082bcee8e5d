// The learning curve: read from a log, smoothed, and as series of a plot.
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readJsonLines } from '../../data/files/files.ts';
import { runPaths } from '../../runs/folder/runFolder.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { type CurvePoint, curvePlot, readLearningCurve, smoothed } from './curvePlot.ts';

const folder = temporaryFolder();
type Points = readonly CurvePoint[];
const steps = (count: number): Points =>
  Array.from({ length: count }, (_, index) => ({ step: index + 1, bitsPerDim: 2 + 10 / (index + 1) }));
/** The plot of one run. */
const plotted = (training: Points, validation: Points = [], batchesPerPoint = 1) =>
  curvePlot([{ name: 'a', curve: { training, validation, batchesPerPoint } }], { title: 'a' });

describe('readLearningCurve', () => {
  it('separates batches from validations, and reads non-finite values as NaN', () => {
    const paths = runPaths(folder);
    const lines = [
      { step: 1, epoch: 1, bitsPerDim: 8, learningRate: 0.1, gradientNorm: 3 },
      { step: 2, bitsPerDim: null },
      { step: 2, validationBitsPerDim: 5 },
    ];
    writeFileSync(paths.metrics, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    expect(readLearningCurve(readJsonLines(paths.metrics))).toEqual({
      training: [
        { step: 1, bitsPerDim: 8 },
        { step: 2, bitsPerDim: Number.NaN },
      ],
      validation: [{ step: 2, bitsPerDim: 5 }],
      batchesPerPoint: 1,
    });
  });

  it('merges neighbours of a log with more steps than it keeps, and says how many batches a point is', () => {
    const count = 2 ** 20 + 3;
    const lines = function* () {
      for (let index = 0; index < count; index++) {
        yield { step: index + 1, bitsPerDim: index % 4 };
      }
    };
    const { training, batchesPerPoint } = readLearningCurve(lines());
    expect(batchesPerPoint).toBe(2);
    expect(training).toHaveLength(2 ** 19 + 2);
    expect(training.slice(0, 2)).toEqual([
      { step: 2, bitsPerDim: 0.5 },
      { step: 4, bitsPerDim: 2.5 },
    ]);
    expect(training.at(-1)).toEqual({ step: count, bitsPerDim: 2 });
    expect(plotted(training, [], batchesPerPoint)!.series[0]!.name).toBe('training (means of 6992 batches)');
  });
});

it('means are placed at the last of their steps, skip non-finite values, and have a gap where none is finite', () => {
  const values = [4, 6, 1, Number.NaN, Number.NaN, Number.POSITIVE_INFINITY, 9];
  const points = values.map((bitsPerDim, index) => ({ step: index + 1, bitsPerDim }));
  expect(smoothed(points, 2)).toEqual([
    { step: 2, bitsPerDim: 5 },
    { step: 4, bitsPerDim: 1 },
    { step: 6, bitsPerDim: Number.NaN },
    { step: 7, bitsPerDim: 9 },
  ]);
});

describe('curvePlot', () => {
  it('shows one run as two series, and clips only the first steps and spikes', () => {
    const plot = plotted(steps(1000), [{ step: 1000, bitsPerDim: 1.9 }])!;
    expect(plot.series.map(({ name }) => name)).toEqual([
      'training (means of 7 batches)',
      'validation (average weights)',
    ]);
    expect(plot.series[0]!.points).toHaveLength(143);
    const [least, greatest] = plot.y.range!;
    expect(least).toBeLessThan(1.9);
    expect(greatest).toBeGreaterThan(2.15);
    expect(greatest).toBeLessThan(3);
  });

  it.each([
    ['one batch', (step: number) => step === 60],
    ['a fifth of the batches, after which it went back', (step: number) => step > 40 && step <= 60],
    ['most of the batches', (step: number) => step > 20],
  ])('shows the range of the sound values if %s had an enormous loss', (_, isHuge) => {
    const training = Array.from({ length: 100 }, (_, index) => index + 1).map((step) => ({
      step,
      bitsPerDim: isHuge(step) ? 1e14 / step : 8 - step / 25,
    }));
    const validation = [20, 60].map((step) => ({ step, bitsPerDim: isHuge(step) ? 1e9 : 8 - step / 25 }));
    const sound = training.filter(({ step }) => step >= 3 && !isHuge(step)).map((point) => point.bitsPerDim);
    const [least, greatest] = plotted(training, validation)!.y.range!;
    expect(least).toBeLessThan(Math.min(...sound));
    expect(greatest).toBeGreaterThan(sound[0]! - 0.1);
    expect(greatest).toBeLessThan(9);
  });

  it('shows a run that is far shorter than another', () => {
    const short = { training: [], validation: [{ step: 10, bitsPerDim: 6.5 }], batchesPerPoint: 1 };
    const long = { training: steps(1000), validation: [{ step: 1000, bitsPerDim: 1.9 }], batchesPerPoint: 1 };
    const runs = [
      { name: 'long', curve: long },
      { name: 'short', curve: short },
    ];
    expect(curvePlot(runs, { title: 'both' })!.y.range![1]).toBeGreaterThan(6.5);
  });

  it('shows every value of a run that learned nothing', () => {
    const training = [1e6, 3e6, 2e6].map((bitsPerDim, index) => ({ step: index + 1, bitsPerDim }));
    const [least, greatest] = plotted(training)!.y.range!;
    expect(least).toBeLessThan(1e6);
    expect(greatest).toBeGreaterThan(2.9e6);
  });

  it.each([0, 1])('shows a single batch as a point, with %d dropped ones', (dropped) => {
    const lost = Array.from({ length: dropped }, (_, index) => ({ step: 2 + index, bitsPerDim: Number.NaN }));
    const kinds = (training: Points) => plotted(training)!.series.map(({ kind }) => kind);
    expect(kinds([...steps(1), ...lost])).toEqual(['points']);
    expect(kinds(steps(2))).toEqual(['line']);
  });

  it('is null if no finite value was measured', () => {
    expect(plotted([{ step: 1, bitsPerDim: Number.NaN }])).toBeNull();
  });
});
