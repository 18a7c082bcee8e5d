// The model that a bench times: the options, and what they stand for.
import { type Command, Option } from 'commander';
import { checkModelShape } from '../experiments/modelShape.ts';
import type { GlowOptions } from '../models/glow.ts';
import { type Mixing, mixings } from '../models/mixing.ts';
import type { ImageShape } from '../numeric/imageShape.ts';
import { addEngineOptions, type EngineOptions, listOf, oddNumber, wholeNumber } from './options.ts';

const mixingNames = Object.keys(mixings) as Mixing[];

/** The options of a bench: a model, how often it is timed, and where it runs. */
export interface BenchOptions extends EngineOptions {
  mixing: Mixing[];
  levels: number;
  depth: number;
  width: number;
  kernelSize: number;
  batch: number;
  size: number;
  channels: number;
  rounds: number;
  json?: true;
}

/** Adds the options of a bench; the model is by default that of the paper for CIFAR-10, at depth 8. */
export function addBenchOptions(command: Command, defaults: { batch: number; rounds: number }): Command {
  command
    .addOption(
      new Option('--mixing <name,…>', `one or more of ${mixingNames.join(', ')}`)
        .argParser(listOf('mixing', mixingNames))
        .default(['emerging'], 'emerging'),
    )
    .option('--levels <n>', 'levels', wholeNumber(1), 3)
    .option('--depth <n>', 'steps in each level', wholeNumber(1), 8)
    .option('--width <n>', 'hidden channels of the coupling networks', wholeNumber(1), 512)
    .option('--kernel-size <k>', 'side of the kernels of emerging and periodic, odd', oddNumber(3), 3)
    .option('--batch <n>', 'images at a time', wholeNumber(1), defaults.batch)
    .option('--size <n>', 'height and width of the images', wholeNumber(2), 32)
    .option('--channels <n>', 'channels of the images', wholeNumber(1), 3)
    .option('--rounds <n>', 'timed rounds', wholeNumber(1), defaults.rounds)
    .option('--json', 'print the result as JSON on stdout');
  return addEngineOptions(command);
}

/** The model that the options describe, but for its mixing, and its images. */
export function modelOf(options: BenchOptions): {
  model: Omit<GlowOptions, 'mixing'>;
  imageShape: ImageShape;
} {
  const { levels, depth, width, kernelSize, size, channels } = options;
  const imageShape: ImageShape = [size, size, channels];
  const model = {
    levels,
    depth,
    width,
    kernelSize,
    dilation: 1,
    hiddenChannels: 96,
    learnedPrior: true,
    bits: 8,
  };
  for (const mixing of options.mixing) {
    checkModelShape({ ...model, mixing }, imageShape);
  }
  return { model, imageShape };
}
