// Whether training leaks memory: a tiny model over many steps, with validations and a checkpoint after each
// step.
//
//   npx tsx bench/memory.ts --steps 2000
//
// Prints the memory use along the way: in total (resident), and of that the objects and the arrays of the
// program, after a garbage collection.
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/parts/options.ts';
import { formatBytes } from '../src/cli/terminal/format.ts';
import { formatTable } from '../src/cli/terminal/table.ts';
import { startRun } from '../src/runs/open/run.node.ts';
import { tinyConfig, tinyDataset } from '../src/testing/tinyRuns.ts';
import { train } from '../src/training/loop/train.ts';
import { inTemporaryFolder } from './shared/temporaryFolder.ts';

const { steps } = new Command('memory')
  .option('--steps <n>', 'updates', wholeNumber(10), 2000)
  .parse()
  .opts<{ steps: number }>();

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const rows: string[][] = [];
await inTemporaryFolder('memory', async (folder) => {
  const config = tinyConfig({ steps, batchSize: 8, microBatch: 4 });
  const run = await startRun(config, join(folder, 'run'), { dataset: tinyDataset(8) });
  const onStep = (step: number): void => {
    if (step % Math.floor(steps / 10) === 0) {
      collectGarbage();
      const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
      rows.push([String(step), ...[rss, heapUsed, arrayBuffers].map(formatBytes)]);
    }
  };
  await train({ ...run, threads: 1, checkpointSeconds: 0, events: { onStep } });
});
const titles = ['step', 'resident', 'objects', 'arrays'];
process.stdout.write(
  `${formatTable(
    titles.map((title) => ({ title, align: 'right' })),
    rows,
  )}\n`,
);
