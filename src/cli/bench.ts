// `emerging bench`: how fast this machine trains, samples and inverts.
import type { Command } from 'commander';
import { registerBenchInverse } from './benchInverse.ts';
import { registerBenchSample } from './benchSample.ts';
import { registerBenchTrain } from './benchTrain.ts';

/** Adds the command `bench` and what it can time. */
export function registerBench(program: Command): void {
  const bench = program.command('bench').description('time models on this machine');
  registerBenchTrain(bench);
  registerBenchSample(bench);
  registerBenchInverse(bench);
}
