// `emerging bench`: times training, sampling, inverses and batch preparation on this machine.
import type { Command } from 'commander';
import { registerBenchData } from './benchData.ts';
import { registerBenchInverse } from './benchInverse.ts';
import { registerBenchSample } from './benchSample.ts';
import { registerBenchTrain } from './benchTrain.ts';

/** Adds the subcommands of `bench`. */
export function registerBench(bench: Command): void {
  registerBenchTrain(bench);
  registerBenchSample(bench);
  registerBenchInverse(bench);
  registerBenchData(bench);
}
