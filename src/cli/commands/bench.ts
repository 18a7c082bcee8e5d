// `emerging bench`: times training, sampling, inverses and batch preparation on this machine.
import type { Command } from 'commander';
import { registerBenchData } from './benchData.ts';
import { registerBenchInverse } from './benchInverse.ts';
import { registerBenchSample } from './benchSample.ts';
import { registerBenchTrain } from './benchTrain.ts';

/** Adds the command `bench` and its subcommands. */
export function registerBench(program: Command): void {
  const bench = program.command('bench').description('time models on this machine');
  registerBenchTrain(bench);
  registerBenchSample(bench);
  registerBenchInverse(bench);
  registerBenchData(bench);
}
