#!/usr/bin/env node
// The command `emerging`: one file a subcommand; a failure is one line and an exit code.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { countParameters } from '../models/glow.ts';
import { registerBench } from './bench.ts';
import { registerEvaluate } from './evaluate.ts';
import { reportFailure } from './failure.ts';
import { registerPresets } from './presets.ts';
import { registerSample } from './sample.ts';
import { registerTrain } from './train.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('emerging')
  .description('Normalizing flows for images: train, measure, sample.')
  .version(version)
  .option('--debug', 'print stack traces')
  .exitOverride()
  // Failures are printed once, by reportFailure.
  .configureOutput({ outputError: () => {} });
registerTrain(program);
registerEvaluate(program);
registerSample(program);
registerPresets(program, { countParameters });
registerBench(program);

try {
  await program.parseAsync();
} catch (error) {
  const given = process.argv.slice(2);
  process.exitCode = reportFailure(error, {
    debug: given.includes('--debug'),
    json: given.includes('--json'),
  });
}
