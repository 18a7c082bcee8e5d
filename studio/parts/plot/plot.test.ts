// Curves from logs, and what a plot shows of them.
import { expect, it } from 'vitest';
import { curveSeries } from './curveSeries.ts';
import { linesOf, RunCurve } from './RunCurve.ts';
import { rangeOf, ticksIn } from './scale.ts';

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

it('reads logs, skips what is no line of one, and replaces what a resume takes again', () => {
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
  expect(curve.validation).toEqual([{ step: 2, bits: 4.5 }]);
  expect(curve.marks.map(({ kind }) => kind)).toEqual(['dropped', 'setback']);
  expect(curve.recent()).toBe(4.5);
  expect([0, 1, 2, 3, 9].map((step) => curve.secondsAt(step))).toEqual([0, 2, 2, 6, 6]);
  // 16 images in 2 seconds, and 16 in 4.
  expect(curve.speed).toBeCloseTo(16 / 3);
  curve.addMetrics({ step: 2, bitsPerDim: 3.5 });
  expect(curve.training.map(({ bits }) => bits)).toEqual([5, 3.5]);
  expect([curve.validation, curve.marks]).toEqual([[], []]);
});

it('draws long runs as means, at steps or seconds', () => {
  const curve = new RunCurve();
  for (let step = 1; step <= 1600; step++) {
    curve.addMetrics({ step, bitsPerDim: step });
    curve.addTiming({ step, seconds: 0.5 });
  }
  const [training] = curveSeries([{ name: 'run', hue: 0, curve }], 'steps');
  expect(training!.points).toHaveLength(160);
  expect(training!.points[0]).toEqual({ x: 10, y: 5.5 });
  expect(curveSeries([{ name: 'run', hue: 0, curve }], 'seconds')[0]!.points[0]!.x).toBe(5);
});

it('shows what is finite, without the first fall and single spikes, at round numbers', () => {
  const points = Array.from({ length: 100 }, (_, x) => ({
    x,
    y: x === 0 ? 50 : x === 60 ? 90 : 2 + x / 100,
  }));
  const [low, high] = rangeOf([{ name: 'a', hue: 0, kind: 'line', points }])!;
  expect(low).toBeLessThan(2.03);
  expect(high).toBeGreaterThan(2.9);
  expect(high).toBeLessThan(4);
  expect(rangeOf([{ name: 'a', hue: 0, kind: 'line', points: [{ x: 1, y: Number.NaN }] }])).toBeUndefined();
  expect(ticksIn(1.93, 2.61, 5)).toEqual([2, 2.2, 2.4, 2.6]);
  expect(ticksIn(0, 1700, 4)).toEqual([0, 500, 1000, 1500]);
});
