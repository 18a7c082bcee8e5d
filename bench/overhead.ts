// The overhead of training besides its steps and validation: logs, checkpoints, guard and lock.
//
//   npx tsx bench/overhead.ts --steps 1700
//
// Trains a preset in a temporary folder and times the parts in the same process. The remaining time is
// attributed to logs, guard and lock. With fewer steps than the preset's, the number of validations and
// milestone checkpoints stays the same, so their shares are too large.
import { join } from 'node:path';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/parts/options.ts';
import { withProgress } from '../src/cli/terminal/progressBars.ts';
import { formatTable } from '../src/cli/terminal/table.ts';
import { resolveConfig } from '../src/experiments/resolve.ts';
import { startRun } from '../src/runs/open/run.node.ts';
import { CheckpointWriter } from '../src/training/loop/checkpointWriter.ts';
import { train } from '../src/training/loop/train.ts';
import { Validation } from '../src/training/loop/validation.ts';
import { BatchLoader } from '../src/training/step/batchLoader.ts';
import { Trainer } from '../src/training/step/trainer.ts';
import { inTemporaryFolder } from './shared/temporaryFolder.ts';

const { preset, steps } = new Command('overhead')
  .option('--preset <name>', 'what to train', 'paper-mnist-quickstart')
  .option('--steps <n>', 'updates', wholeNumber(1), 1700)
  .parse()
  .opts<{ preset: string; steps: number }>();

let begin: number | undefined;
let ended = 0;
const seconds: Record<string, number> = {};

/** Adds up the time of every call of a method under a name. */
function time<Key extends string>(
  owner: Record<Key, (...args: never[]) => unknown>,
  key: Key,
  name: string,
): void {
  const method = owner[key] as (this: unknown, ...args: unknown[]) => unknown;
  const timed = function (this: unknown, ...args: unknown[]): unknown {
    const start = performance.now();
    const add = (): void => {
      seconds[name] = (seconds[name] ?? 0) + (performance.now() - start) / 1000;
    };
    const result = method.apply(this, args);
    if (result instanceof Promise) {
      return result.finally(add);
    }
    add();
    return result;
  };
  Object.assign(owner, { [key]: timed });
}

time(Trainer.prototype, 'gradientsOf', 'gradients');
time(Trainer.prototype, 'update', 'update');
time(BatchLoader.prototype, 'at', 'batches');
time(Validation.prototype, 'measure', 'validation');
time(CheckpointWriter.prototype, 'save', 'checkpoints');

await withProgress((show) =>
  inTemporaryFolder('overhead', async (folder) => {
    const config = resolveConfig({ preset, overrides: { training: { steps } } });
    const run = await startRun(config, join(folder, 'run'));
    // The clock starts after the first step, when compilation and initialisation from data are done.
    const onStep = (step: number): void => {
      if (begin === undefined) {
        begin = performance.now();
        for (const name of Object.keys(seconds)) {
          seconds[name] = 0;
        }
      }
      show('step', step, steps);
    };
    await train({ ...run, events: { onStep } });
    ended = performance.now();
  }),
);

const total = (ended - begin!) / 1000;
const known = Object.values(seconds).reduce((sum, value) => sum + value, 0);
const parts: Record<string, number> = { ...seconds, 'logs, guard, lock': total - known };
const share = (value: number): string => `${((100 * value) / total).toFixed(2)} %`;
const rows = Object.entries(parts).map(([name, value]) => [name, value.toFixed(2), share(value)]);
const overhead = parts.checkpoints! + parts['logs, guard, lock']!;
process.stdout.write(
  `${formatTable(
    [{ title: 'part' }, { title: 'seconds', align: 'right' }, { title: 'share', align: 'right' }],
    [...rows, ['all', total.toFixed(2), share(total)]],
  )}\ncheckpoints, logs, guard and lock of ${preset}, ${steps} steps: ${share(overhead)}\n`,
);
