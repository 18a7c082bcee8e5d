// Curves from logs, and their plots.
import { expect, it } from 'vitest';
import { curveMarks, runsPlot } from './curveSeries.ts';
import { linesOf, RunCurve } from './RunCurve.ts';

function curveOf(metrics: string, timings = ''): RunCurve {
  const curve = new RunCurve();
  for (const line of linesOf(metrics)) {
    curve.addMetrics(line);
  }
  for (const line of linesOf(timings)) {
    curve.addTiming(line);
  }
  return curve;
}

it('reads logs, skips invalid lines, and replaces steps repeated by a resume', () => {
  const curve = curveOf(
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
  expect(curve.marks.map(({ kind }) => kind)).toEqual(['dropped', 'setback']);
  expect(curve.recent()).toBe(4.5);
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
  const { x, y, series } = runsPlot(runs, 'steps');
  expect(series.map(({ name, hue, kind }) => [name, hue, kind])).toEqual([
    ['run, training', 3, 'line'],
    ['run, validation', 3, 'line and points'],
  ]);
  expect(series[0]!.points).toHaveLength(146);
  expect(series[0]!.points[0]).toEqual({ x: 11, y: 6 });
  expect([x.label, x.range]).toEqual(['steps', [0, 1600]]);
  expect(y.range[0]).toBeLessThan(50);
  expect(y.range[1]).toBeGreaterThan(1500);
  expect(curveMarks(runs, 'steps')).toMatchObject([{ x: 1500, hue: 3, kind: 'setback' }]);
  const seconds = runsPlot(runs, 'seconds');
  expect(seconds.series[0]!.points[0]!.x).toBe(5.5);
  expect(seconds.x.range).toEqual([0, 800]);
});

it('has a plot with axes before the first value', () => {
  expect(runsPlot([{ name: 'run', hue: 0, curve: new RunCurve() }], 'steps')).toMatchObject({
    y: { range: [0, 1] },
    series: [],
  });
});
