// Curves from logs, and their plots.
import { describe, expect, it } from 'vitest';
import { unitNamed } from '../../../src/flows/models/unit.ts';
import { comparisonText, curveMarks, runsPlot, trainingResults } from './curveSeries.ts';
import { parseLines, RunCurve } from './RunCurve.ts';

const fullView = { axis: 'steps', batches: 1 } as const;

function parseCurve(metrics: string, timings = ''): RunCurve {
  const curve = new RunCurve();
  for (const line of parseLines(metrics)) {
    curve.addMetrics(line);
  }
  for (const line of parseLines(timings)) {
    curve.addTiming(line);
  }
  return curve;
}

it('reads logs, skips invalid lines, and replaces steps repeated by a resume', () => {
  const curve = parseCurve(
    [
      '{"step":1,"bitsPerDim":5}',
      '{"step":2,"bitsPerDim":4}',
      '{"step":2,"validationBitsPerDim":4.5}',
      '{"step":3,"bitsPerDim":null,"dropped":"not finite"}',
      '{"step":3,"backToStep":2,"reason":"not finite"}',
      'null',
      '"text"',
      '{"step":"4","bitsPerDim":3}',
      '{"step":4,"bitsPerD',
    ].join('\n'),
    '{"step":1,"seconds":2,"imagesPerSecond":8}\n{"step":3,"seconds":4,"imagesPerSecond":4}\n',
  );
  expect(curve.training.map(({ step }) => step)).toEqual([1, 2, 3]);
  expect(curve.validation).toEqual([{ step: 2, bitsPerDim: 4.5 }]);
  expect(curve.marks.map(({ kind }) => kind)).toEqual(['dropped', 'rollback']);
  // The last tenth has one step, which was dropped.
  expect(curve.recent()).toBeNaN();
  expect([0, 1, 2, 3, 9].map((step) => curve.secondsAt(step))).toEqual([0, 2, 2, 6, 6]);
  // 16 images in 2 seconds, and 16 in 4.
  expect(curve.speed).toBeCloseTo(16 / 3);
  curve.addMetrics({ step: 2, bitsPerDim: 3.5 });
  expect(curve.training.map(({ bitsPerDim }) => bitsPerDim)).toEqual([5, 3.5]);
  expect([curve.validation, curve.marks]).toEqual([[], []]);
});

it('draws long runs as means, at steps or seconds', () => {
  const curve = new RunCurve();
  for (let step = 1; step <= 1600; step++) {
    curve.addMetrics({ step, bitsPerDim: step });
    curve.addTiming({ step, seconds: 0.5 });
  }
  curve.addMetrics({ step: 1600, validationBitsPerDim: 1200 });
  curve.addMetrics({ step: 1500, backToStep: 1400, reason: 'not finite' });
  const runs = [{ name: 'run', hue: 3, curve }];
  const { x, y, series } = runsPlot(runs, fullView);
  expect(series.map(({ name, hue, kind }) => [name, hue, kind])).toEqual([
    ['run, training', 3, 'line'],
    ['run, validation', 3, 'line and points'],
  ]);
  expect(series[0]!.points).toHaveLength(146);
  expect(series[0]!.points[0]).toEqual({ x: 11, y: 6 });
  expect([x.label, x.range]).toEqual(['steps', [0, 1600]]);
  expect(y.range[0]).toBeLessThan(50);
  expect(y.range[1]).toBeGreaterThan(1500);
  expect(curveMarks(runs, 'steps')).toMatchObject([{ x: 1500, hue: 3, kind: 'rollback' }]);
  const seconds = runsPlot(runs, { ...fullView, axis: 'seconds' });
  expect(seconds.series[0]!.points[0]!.x).toBe(5.5);
  expect(seconds.x.range).toEqual([0, 800]);
});

it('has a plot with axes before the first value', () => {
  expect(runsPlot([{ name: 'run', hue: 0, curve: new RunCurve() }], fullView)).toMatchObject({
    y: { range: [0, 1] },
    series: [],
  });
});

it('draws a part, smoothed, in the unit of the runs', () => {
  const curve = new RunCurve();
  for (let step = 1; step <= 100; step++) {
    curve.addMetrics({ step, natsPerValue: step });
    curve.addTiming({ step, seconds: 2 });
  }
  curve.addMetrics({ step: 80, validationNatsPerValue: 7 });
  expect(curve.validation).toEqual([{ step: 80, bitsPerDim: 7 / Math.LN2 }]);
  const runs = [{ name: 'run', hue: 0, curve, unit: unitNamed('nats/value') }];
  const { x, y, series } = runsPlot(runs, { axis: 'steps', batches: 10, part: [40, 80] });
  expect([x.range, y.label]).toEqual([[40, 80], 'nats/value']);
  expect(series[0]!.points.map((point) => point.x)).toEqual([40, 50, 60, 70, 80]);
  expect(series[0]!.points[0]!.y).toBeCloseTo(35.5, 10);
  expect(y.range[1]).toBeLessThan(80);
  // Ten steps ago it was as fast as ever; 150 more take 300 seconds.
  expect(curve.secondsUntil(250)).toBeCloseTo(300, 10);
  expect(new RunCurve().secondsUntil(5)).toBeUndefined();
  expect(curve.recent()).toBeCloseTo(95.5 / Math.LN2, 10);
});

describe('which run is ahead', () => {
  /** A run that has validated at steps, with the seconds of one step. */
  const validated = (name: string, results: Readonly<Record<number, number>>, seconds = 1) => {
    const curve = new RunCurve();
    const last = Math.max(...Object.keys(results).map(Number));
    for (let step = 1; step <= last; step++) {
      curve.addMetrics({ step, bitsPerDim: 9 });
      curve.addTiming({ step, seconds });
      if (results[step] !== undefined) {
        curve.addMetrics({ step, validationBitsPerDim: results[step] });
      }
    }
    return { name, hue: 0, curve };
  };

  it('is said at the last step that all have reached', () => {
    const runs = [validated('a', { 10: 3, 20: 2, 30: 1 }), validated('b', { 10: 2.5, 20: 2.25 })];
    expect(comparisonText(runs, 'steps')).toBe(
      'After 20 steps, a needs 2.000 bits/dim for the validation images, 0.250 less than b. With other seeds the order may differ.',
    );
    expect(comparisonText([...runs, validated('c', { 20: 2.1 })], 'steps')).toContain(
      '0.100 less than the next, c.',
    );
  });

  it('is said after equal times, where a slow run has taken fewer steps', () => {
    const runs = [validated('slow', { 10: 3, 20: 2 }, 4), validated('fast', { 10: 3.5, 40: 2.5 })];
    expect(comparisonText(runs, 'seconds')).toMatch(
      /^After 40 seconds, fast needs 2.500 .* 0.500 less than slow\./,
    );
  });

  it('compares runs that were validated at other steps along their curves', () => {
    const runs = [validated('a', { 20: 2.1 }), validated('b', { 10: 3, 30: 1 })];
    expect(comparisonText(runs, 'steps')).toMatch(/^After 20 steps, b needs 2.000 .* 0.100 less than a\./);
  });

  it('is missing for one run, before validations, and a tie when two are close', () => {
    expect(comparisonText([validated('a', { 10: 3 })], 'steps')).toBeUndefined();
    expect(comparisonText([validated('a', { 10: 3 }), validated('b', {})], 'steps')).toBeUndefined();
    expect(comparisonText([validated('a', { 10: 3 }), validated('b', { 10: 3.019 })], 'steps')).toContain(
      'a and b tie on the validation images: 3.000 bits/dim, 0.019 apart.',
    );
  });
});

it('has one training result for each run, however coarse the curves are', () => {
  const curve = new RunCurve();
  for (let step = 1; step <= 2000; step++) {
    curve.addMetrics({ step, bitsPerDim: 8 - step / 1000 });
  }
  const run = { name: 'a', hue: 0, curve };
  const { series } = runsPlot([run], { axis: 'steps', batches: 100 });
  expect(trainingResults([run, { ...run, name: 'empty', curve: new RunCurve() }])).toEqual(
    new Map([[series[0]!.name, curve.recent()]]),
  );
});
