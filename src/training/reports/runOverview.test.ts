// The overview of a run with dropped steps, and of one without finite values.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runPaths } from '../../runs/folder/runFolder.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { configReader, runOverview } from './runOverview.ts';

const root = temporaryFolder();
/** A folder with these lines of metrics. */
function runWith(name: string, lines: readonly object[]): string {
  const paths = runPaths(join(root, name));
  mkdirSync(paths.directory);
  writeFileSync(paths.config, 'data: { name: /somewhere/digits }\n');
  writeFileSync(paths.metrics, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return paths.directory;
}

it('averages the last tenth of the steps, excludes dropped ones without a loss, and counts them', () => {
  const run = runWith('dropped', [
    { step: 30, bitsPerDim: 1000 },
    { step: 31, bitsPerDim: 4 },
    { step: 32, bitsPerDim: null, dropped: 'the loss is not finite' },
    { step: 33, bitsPerDim: 50, dropped: 'the loss jumped' },
    { step: 33, backToStep: 0, rateFactor: 0.5, reason: 'the loss jumped' },
    { step: 34, bitsPerDim: 6 },
    { step: 34, validationBitsPerDim: null },
  ]);
  expect(runOverview(run)).toMatchObject({
    data: '/somewhere/digits',
    step: 34,
    train: 20,
    validation: null,
    droppedSteps: 2,
    rollbacks: 1,
    problem: null,
  });
});

it('reads the end of long logs, and says so', () => {
  const dropped = { step: 1, bitsPerDim: 1, dropped: 'x'.repeat(1000) };
  const last = Array.from({ length: 60 }, (_, index) => ({ step: 20_001 + index, bitsPerDim: 3 }));
  const run = runWith('long', [...Array.from({ length: 20_000 }, () => dropped), ...last]);
  const overview = runOverview(run);
  expect(overview).toMatchObject({ step: 20_060, train: 3, onlyLastMiB: 16, problem: null });
  expect(overview.droppedSteps).toBeLessThan(17_000);
  expect(overview.droppedSteps).toBeGreaterThan(15_000);
  expect(runOverview(runWith('short', last))).toMatchObject({ onlyLastMiB: null });
});

it('has no mean if no loss is finite', () => {
  const run = runWith('lost', [{ step: 1, bitsPerDim: null, dropped: 'the loss is not finite' }]);
  expect(runOverview(run)).toMatchObject({ step: 1, train: null, droppedSteps: 1 });
});

it('trusts the summary of a run that counts all its steps, and reads only the end of its metrics', () => {
  const steps = Array.from({ length: 400 }, (_, index) => ({
    step: index + 1,
    bitsPerDim: 2,
    epoch: 1.23456789,
  }));
  const run = runWith('finished', [...steps, { step: 400, validationBitsPerDim: 1.5 }]);
  const paths = runPaths(run);
  const summary = { steps: 400, droppedSteps: 3, rollbacks: 1, imagesPerSecond: 12, complete: true };
  writeFileSync(paths.summary, JSON.stringify(summary));
  // Neither timings nor the beginning of the metrics are read.
  writeFileSync(paths.timings, 'damaged');
  const metrics = readFileSync(paths.metrics, 'utf8');
  writeFileSync(paths.metrics, `damaged${metrics.slice(7)}`);
  const expected = {
    step: 400,
    train: 2,
    validation: 1.5,
    droppedSteps: 3,
    imagesPerSecond: 12,
    problem: null,
  };
  expect(runOverview(run)).toMatchObject(expected);
  // Steps that the summary doesn't count: everything is read.
  writeFileSync(paths.summary, JSON.stringify({ ...summary, steps: 399 }));
  expect(runOverview(run).problem).toContain('metrics.jsonl');
});

it('resolves configurations that differ only in their seed once', () => {
  const configIn = configReader();
  const [first, second] = ['first', 'second'].map((name, index) => {
    const { config } = runPaths(runWith(name, []));
    writeFileSync(config, `seed: ${index + 3}\ndata: { name: digits }\nmodel: { levels: 1 }\n`);
    return configIn(config);
  });
  expect([first!.seed, second!.seed]).toEqual([3, 4]);
  expect(second!.model).toBe(first!.model);
  const { config } = runPaths(runWith('wrong', []));
  writeFileSync(config, 'seed: 5\nmodel: { levels: many }\n');
  expect(() => configIn(config)).toThrow(`${config}: model.levels`);
});
