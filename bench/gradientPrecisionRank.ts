// One rank of `bench/gradientPrecision.ts`: sums gradients with both precisions, and times it.
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/parts/options.ts';
import { joinRanks } from '../src/cluster/joinRanks.node.ts';
import { type GradientPrecision, sumGradients } from '../src/cluster/ranks.ts';
import { median } from '../src/numeric/statistics.ts';

/** The seconds of an exchange, the median. */
export type ExchangeTimes = Readonly<Record<GradientPrecision, number>>;

const { parameters, rounds } = new Command('gradientPrecisionRank')
  .requiredOption('--parameters <n>', 'how many gradients', wholeNumber(1))
  .requiredOption('--rounds <n>', 'how often', wholeNumber(1))
  .parse()
  .opts<{ parameters: number; rounds: number }>();

const ranks = await joinRanks();
const gradients = new Float32Array(parameters).map((_, index) => Math.sin(index + ranks.rank));

async function timeOf(precision: GradientPrecision): Promise<number> {
  const seconds: number[] = [];
  // The first connects the machines.
  for (let round = 0; round <= rounds; round++) {
    await ranks.meet();
    const begin = performance.now();
    await sumGradients(ranks, gradients.slice(), precision);
    seconds.push((performance.now() - begin) / 1000);
  }
  return median(seconds.slice(1));
}

const times: ExchangeTimes = { float32: await timeOf('float32'), bfloat16: await timeOf('bfloat16') };
if (ranks.rank === 0) {
  process.stdout.write(JSON.stringify(times));
}
await ranks.leave();
