// The options that describe the model to benchmark.
import { type Command, Option } from 'commander';
import { type BenchModel, paperImageShape, paperModel } from '../../benchmarks/benchModel.ts';
import { checkModelShape } from '../../experiments/modelShape.ts';
import { unusedKeyWarnings } from '../../experiments/unusedKeys.ts';
import { MOST_COMPONENTS } from '../../flows/coupling/mixture.ts';
import { conditioners, masks, transformers } from '../../models/couplings.ts';
import { type Mixing, mixingNames, mixingParts } from '../../models/mixing.ts';
import { type ModelOptions as FlowOptions, modelDefaults, optionalDefaults } from '../../models/options.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import {
  addEngineOptions,
  type EngineOptions,
  listOf,
  oddNumber,
  oneOf,
  wholeNumber,
} from '../parts/options.ts';
import { noteOnStderr } from '../terminal/output.ts';

/** The options of a model except its mixing and the parts of its couplings, and the batch size. */
export interface ModelOptions {
  levels: number;
  depth: number;
  width: number;
  batch: number;
  size: number;
  channels: number;
}

/** The parts of a model's couplings and their options, with the defaults of a configuration. */
export type CouplingOptions = Pick<
  FlowOptions,
  'coupling' | 'components' | 'conditioner' | 'blocks' | 'mask' | 'checkerboard' | 'checkerboardWidth'
>;

/** The options of a benchmark: models, timed rounds, and where they run. */
export interface BenchOptions extends ModelOptions, EngineOptions {
  mixing: Mixing[];
  kernelSize: number;
  rounds: number;
  json?: true;
}

/** Adds the options of a model; the default is the paper's model for CIFAR-10. */
export function addModelOptions(command: Command, { batch }: { batch: number }): Command {
  const { levels, depth, width } = paperModel;
  const [size, , channels] = paperImageShape;
  return command
    .option('--levels <n>', 'number of levels', wholeNumber(1), levels)
    .option('--depth <n>', 'flow steps per level', wholeNumber(1), depth)
    .option('--width <n>', 'hidden channels of the coupling networks', wholeNumber(1), width)
    .option('--batch <n>', 'images per batch', wholeNumber(1), batch)
    .option('--size <n>', 'height and width of the images', wholeNumber(2), size)
    .option('--channels <n>', 'channels of the images', wholeNumber(1), channels);
}

/** Adds the options of a model's couplings, which have no values unless they are given. */
export function addCouplingOptions(command: Command): Command {
  const part = (name: string, what: string, { names }: { readonly names: readonly string[] }): Option =>
    new Option(`--${name} <name>`, `${what}: ${names.join(', ')} (default: ${names[0]})`).argParser(
      oneOf(name, names),
    );
  return command
    .addOption(part('coupling', 'how couplings change values', transformers))
    .option(
      '--components <n>',
      `components of ${transformers.usersOf('components').join(', ')} (default: ${optionalDefaults.components})`,
      wholeNumber(1, MOST_COMPONENTS),
    )
    .addOption(part('conditioner', 'the network in couplings', conditioners))
    .option(
      '--blocks <n>',
      `residual blocks of ${conditioners.usersOf('blocks').join(', ')} (default: ${optionalDefaults.blocks})`,
      wholeNumber(0),
    )
    .addOption(part('mask', 'which values couplings keep', masks))
    .option(
      '--checkerboard <n,…>',
      `couplings with checkerboards before the first squeeze, or before each level's (default: ${optionalDefaults.checkerboard})`,
      (text) => text.split(',').map(wholeNumber(0)),
    )
    .option(
      '--checkerboard-width <n>',
      `hidden channels of their networks (default: ${optionalDefaults.checkerboardWidth})`,
      wholeNumber(1),
    );
}

/** Adds the options of a benchmark. */
export function addBenchOptions(command: Command, defaults: { batch: number; rounds: number }): Command {
  command.addOption(
    new Option('--mixing <name,…>', `one or more of ${mixingNames.join(', ')}`)
      .argParser(listOf('mixing', mixingNames))
      .default([modelDefaults.mixing], modelDefaults.mixing),
  );
  addModelOptions(command, defaults)
    .option(
      '--kernel-size <k>',
      `kernel size of ${mixingParts.usersOf('kernelSize').join(', ')}; odd`,
      oddNumber(3),
      paperModel.kernelSize,
    )
    .option('--rounds <n>', 'timed rounds', wholeNumber(1), defaults.rounds)
    .option('--json', 'print the result as JSON on stdout');
  return addEngineOptions(command);
}

/** The options of the couplings that were given. */
export function couplingOptionsOf({
  coupling,
  components,
  conditioner,
  blocks,
  mask,
  checkerboard,
  checkerboardWidth,
}: CouplingOptions): CouplingOptions {
  const all = { coupling, components, conditioner, blocks, mask, checkerboard, checkerboardWidth };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** The model that the options describe, without its mixing, and its images; what has no effect is noted on stderr. */
export function modelOf(options: BenchOptions & CouplingOptions): {
  model: BenchModel;
  imageShape: ImageShape;
} {
  const { levels, depth, width, kernelSize, size, channels } = options;
  const imageShape: ImageShape = [size, size, channels];
  const model = { ...paperModel, levels, depth, width, kernelSize, ...couplingOptionsOf(options) };
  const warnings = options.mixing.flatMap((mixing) => {
    checkModelShape({ ...model, mixing }, imageShape);
    return unusedKeyWarnings({ ...model, mixing });
  });
  for (const warning of new Set(warnings)) {
    noteOnStderr(`warning: ${warning}`);
  }
  return { model, imageShape };
}
