// The options that describe the model to benchmark.
import { type Command, Option } from 'commander';
import { type BenchModel, paperImageShape, paperModel } from '../../benchmarks/benchModel.ts';
import { checkModelShape } from '../../experiments/modelShape.ts';
import { type Mixing, mixingNames, mixingParts } from '../../models/mixing.ts';
import { modelDefaults } from '../../models/options.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { addEngineOptions, type EngineOptions, listOf, oddNumber, wholeNumber } from '../parts/options.ts';

/** The options of a model except its mixing, and the batch size. */
export interface ModelOptions {
  levels: number;
  depth: number;
  width: number;
  batch: number;
  size: number;
  channels: number;
}

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

/** The model that the options describe, without its mixing, and its images. */
export function modelOf(options: BenchOptions): { model: BenchModel; imageShape: ImageShape } {
  const { levels, depth, width, kernelSize, size, channels } = options;
  const imageShape: ImageShape = [size, size, channels];
  const model = { ...paperModel, levels, depth, width, kernelSize };
  for (const mixing of options.mixing) {
    checkModelShape({ ...model, mixing }, imageShape);
  }
  return { model, imageShape };
}
