// The process whose log is counted: takes two training steps, and marks the second on stderr.
import { writeSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { releaseAfter } from '../engine/resources.ts';
import { BENCH_RATE, type BenchTrainingOptions, prepareBenchTraining } from './benchTraining.ts';
import { STEP_BEGINS, STEP_ENDS } from './countDispatches.node.ts';

const options = JSON.parse(await text(process.stdin)) as BenchTrainingOptions;
await releaseAfter(async (keep) => {
  const { trainer, batches } = await prepareBenchTraining(options, keep);
  await trainer.step(batches.at(0), BENCH_RATE);
  // The runtime writes there too, at once.
  writeSync(2, `${STEP_BEGINS}\n`);
  await trainer.step(batches.at(1), BENCH_RATE);
  writeSync(2, `${STEP_ENDS}\n`);
});
