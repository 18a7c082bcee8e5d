// The overview of a run with dropped steps, and of one without finite values.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runPaths } from '../../runs/folder/runFolder.ts';
import { runOverview } from './runOverview.ts';

const root = mkdtempSync(join(tmpdir(), 'run-overview-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A folder with these lines of metrics. */
function runWith(name: string, lines: readonly object[]): string {
  const paths = runPaths(join(root, name));
  mkdirSync(paths.directory);
  writeFileSync(paths.config, 'data: { name: /somewhere/digits }\n');
  writeFileSync(paths.metrics, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return paths.directory;
}

it('excludes dropped steps without a loss from the mean, and counts them', () => {
  const run = runWith('dropped', [
    { step: 1, bitsPerDim: 4 },
    { step: 2, bitsPerDim: null, dropped: 'the loss is not finite' },
    { step: 3, bitsPerDim: 50, dropped: 'the loss jumped' },
    { step: 3, backToStep: 0, rateFactor: 0.5, reason: 'the loss jumped' },
    { step: 4, bitsPerDim: 6 },
    { step: 4, validationBitsPerDim: null },
  ]);
  expect(runOverview(run)).toMatchObject({
    data: '/somewhere/digits',
    step: 4,
    train: 20,
    validation: null,
    droppedSteps: 2,
    setbacks: 1,
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
