// One rank of `bench/machines.ts`: trains without writing anything, and times what the ranks exchange.
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/options.ts';
import { joinRanks } from '../src/cluster/joinRanks.node.ts';
import type { Ranks } from '../src/cluster/ranks.ts';
import { openDataset } from '../src/data/registry.ts';
import { resolveConfig } from '../src/experiments/resolve.ts';
import { availableCores } from '../src/platform/machine.node.ts';
import { followerStore } from '../src/training/ranks/followerStore.ts';
import { train } from '../src/training/train.ts';

/** What rank 0 measured, over all timed steps. */
export interface RankTimes {
  readonly hosts: number;
  /** Of each rank. */
  readonly threads: number;
  readonly seconds: number;
  /** Until all ranks have come to a sum. */
  readonly waiting: number;
  /** In sums, once all have come. */
  readonly summing: number;
  /** Summed by each rank. */
  readonly bytes: number;
}

/** The first steps are slower: memory is allocated, and ranks start at different times. */
const WARM_UP = 3;

const { preset, data, batch, steps, threads } = new Command('machinesRank')
  .requiredOption('--preset <name>')
  .option('--data <name|path>')
  .requiredOption('--batch <n>', 'images of the batch', wholeNumber(1))
  .requiredOption('--steps <n>', 'timed steps', wholeNumber(1))
  .option('--threads <n>', 'of each rank', wholeNumber(1))
  .parse()
  .opts<{ preset: string; data?: string; batch: number; steps: number; threads?: number }>();

const ranks = await joinRanks();
let [waiting, summing, bytes] = [0, 0, 0];

/** Separates the wait for other ranks from the sum itself by a sum of one number before it. */
const timed: Ranks = {
  ...ranks,
  async sum(numbers) {
    const begin = performance.now();
    await ranks.sum(Float32Array.of(0));
    const together = performance.now();
    await ranks.sum(numbers);
    waiting += (together - begin) / 1000;
    summing += (performance.now() - together) / 1000;
    bytes += numbers.byteLength;
  },
};

const total = WARM_UP + steps;
const { training } = resolveConfig({ preset });
const config = resolveConfig({
  preset,
  overrides: {
    data: { name: data },
    training: { batchSize: batch, microBatch: Math.min(training.microBatch, batch), steps: 5 * (total + 1) },
  },
});
const { name, validation } = config.data;
const own = threads ?? Math.min(ranks.cores, availableCores());
let begin = 0;
let seconds = 0;
await train({
  config,
  dataset: await openDataset(name, { validation }),
  store: followerStore('nowhere', config),
  ranks: timed,
  threads: own,
  // Before the first milestone, which is validated.
  stopAt: total,
  events: {
    onStep(step) {
      if (step === WARM_UP) {
        [waiting, summing, bytes] = [0, 0, 0];
        begin = performance.now();
      } else if (step === total) {
        seconds = (performance.now() - begin) / 1000;
      }
    },
  },
});
if (ranks.rank === 0) {
  const times: RankTimes = {
    hosts: new Set(ranks.hosts).size,
    threads: own,
    seconds,
    waiting,
    summing,
    bytes,
  };
  process.stdout.write(JSON.stringify(times));
}
await ranks.leave();
