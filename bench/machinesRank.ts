// One rank of `bench/machines.ts`: trains without writing anything, and times what the ranks exchange.
import { cpus } from 'node:os';
import { Command } from 'commander';
import { wholeNumber } from '../src/app/cli/parts/options.ts';
import { UserError } from '../src/core/errors.ts';
import { median } from '../src/core/numeric/statistics.ts';
import { availableCores } from '../src/core/platform/machine.node.ts';
import { joinRanks } from '../src/core/ranks/joinRanks.node.ts';
import { gather, type Ranks } from '../src/core/ranks/ranks.ts';
import { type Dataset, imagesInMemory } from '../src/data/contract/dataset.ts';
import { openDataset } from '../src/data/registry.ts';
import type { Config } from '../src/runs/settings/configSchema.ts';
import { findPreset } from '../src/runs/settings/presets.ts';
import { resolveConfig } from '../src/runs/settings/resolve.ts';
import { train } from '../src/training/loop/train.ts';
import { followerStore } from '../src/training/ranks.ts';
import { randomPixels } from './shared/benchModel.ts';

/** What rank 0 measured. */
export interface RankTimes {
  readonly hosts: number;
  /** Of each rank. */
  readonly threads: number;
  readonly workers: number;
  /** The name of the dataset, or `random pixels` if it is missing. */
  readonly images: string;
  /** The seconds of a step, the median. */
  readonly step: number;
  /** The seconds of a mean step until all ranks reach a sum. */
  readonly waiting: number;
  /** The seconds of a mean step in sums, once all have come. */
  readonly summing: number;
  /** Summed by each rank in a step. */
  readonly bytes: number;
  /** How many cores of its machine other programs kept busy meanwhile. */
  readonly others: number;
}

/** The first steps are slower: memory is allocated, and ranks start at different times. */
const WARM_UP = 3;

const {
  preset,
  data,
  batch,
  steps,
  threads,
  workers: workerCount,
} = new Command('machinesRank')
  .requiredOption('--preset <name>')
  .option('--data <name|path>')
  .requiredOption('--batch <n>', 'images of the batch', wholeNumber(1))
  .requiredOption('--steps <n>', 'timed steps', wholeNumber(1))
  .option('--threads <n>', 'of each rank', wholeNumber(1))
  .option('--workers <n>', 'of each rank', wholeNumber(1))
  .parse()
  .opts<{
    preset: string;
    data?: string;
    batch: number;
    steps: number;
    threads?: number;
    workers?: number;
  }>();

const ranks = await joinRanks();
let [waiting, summing, bytes] = [0, 0, 0];

/** Separates the wait for other ranks from a sum itself by a sum of one number before it. */
async function timeSum(sum: () => Promise<void>, byteLength: number): Promise<void> {
  const begin = performance.now();
  await ranks.sum(Float32Array.of(0));
  const together = performance.now();
  await sum();
  waiting += (together - begin) / 1000;
  summing += (performance.now() - together) / 1000;
  bytes += byteLength;
}

const timed: Ranks = {
  ...ranks,
  sum: (numbers) => timeSum(() => ranks.sum(numbers), numbers.byteLength),
};

/** The images of a configuration; random ones in their place if they have not been downloaded. */
async function readConfigImages({ data: { name, validation }, training }: Config): Promise<Dataset> {
  try {
    return await openDataset(name, { validation });
  } catch (error) {
    if (!(error instanceof UserError && error.code === 'not-ready')) {
      throw error;
    }
    const { imageShape } = findPreset(preset);
    const images = imagesInMemory(randomPixels(imageShape, training.batchSize), imageShape);
    const none = imagesInMemory(new Uint8Array(0), imageShape);
    return { name: 'random pixels', imageShape, train: images, validation: none, test: none };
  }
}

const total = WARM_UP + steps;
const { training } = resolveConfig({ preset });
const config = resolveConfig({
  preset,
  overrides: {
    data: { name: data },
    training: { batchSize: batch, microBatch: Math.min(training.microBatch, batch), steps: 5 * (total + 1) },
  },
});
const dataset = await readConfigImages(config);
const threadCount = threads ?? Math.min(ranks.cores, availableCores());
/** The seconds, of one core, that this process and all of its machine have worked. */
function busySeconds(): { own: number; all: number } {
  const { user, system } = process.cpuUsage();
  const busyMilliseconds = cpus().reduce(
    (sum, { times: cpuTimes }) => sum + cpuTimes.user + cpuTimes.nice + cpuTimes.sys + cpuTimes.irq,
    0,
  );
  return { own: (user + system) / 1e6, all: busyMilliseconds / 1000 };
}

const sum = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const seconds: number[] = [];
let last = 0;
let [start, end] = [busySeconds(), busySeconds()];
const { workers } = await train({
  config,
  dataset,
  store: followerStore('nowhere', config),
  ranks: timed,
  threads: threadCount,
  ...(workerCount && { workers: workerCount }),
  // Before the first milestone, which is validated.
  stopAt: total,
  events: {
    onStep(step) {
      const now = performance.now();
      if (step === WARM_UP) {
        [waiting, summing, bytes] = [0, 0, 0];
        start = busySeconds();
      } else if (step > WARM_UP) {
        seconds.push((now - last) / 1000);
      }
      last = now;
      end = busySeconds();
    },
  },
});
const worked = await gather(ranks, end.own - start.own);
const onThisHost = worked.filter((_, rank) => ranks.hosts[rank] === ranks.hosts[ranks.rank]);
if (ranks.rank === 0) {
  const rankTimes: RankTimes = {
    hosts: new Set(ranks.hosts).size,
    threads: threadCount,
    workers,
    images: dataset.name,
    step: median(seconds),
    waiting: waiting / steps,
    summing: summing / steps,
    bytes: bytes / steps,
    others: Math.max(0, (end.all - start.all - sum(onThisHost)) / sum(seconds)),
  };
  process.stdout.write(JSON.stringify(rankTimes));
}
await ranks.leave();
