// The options that describe the model to benchmark.
import { pathToFileURL } from 'node:url';
import { type Command, Option } from 'commander';
import {
  addEngineOptions,
  collect,
  type EngineOptions,
  parseChoice,
  wholeNumber,
} from '../../src/app/cli/parts/options.ts';
import type { ImageShape } from '../../src/core/numeric/arrays.ts';
import { registerExports } from '../../src/core/parts/registry.ts';
import { importModule } from '../../src/core/platform/importModule.node.ts';
import {
  completeOptions,
  type ModelOptions as FlowOptions,
  modelDefaults,
} from '../../src/flows/models/options.ts';
import { conditioners, masks, mixings, transformers } from '../../src/flows/models/partRegistries.ts';
import { checkModelShape } from '../../src/runs/settings/modelShape.ts';
import { type BenchModel, paperImageShape, paperModel } from './benchModel.ts';

/** The options of a model except its mixing, and the batch size. */
export interface ModelOptions extends CouplingOptions {
  levels: number;
  depth: number;
  width: number;
  batch: number;
  size: number;
  channels: number;
}

/** The parts of a model's couplings and their options, with the defaults of a configuration. */
interface CouplingOptions extends Pick<FlowOptions, 'checkerboard' | 'checkerboardWidth'> {
  coupling?: string;
  components?: number;
  conditioner?: string;
  blocks?: number;
  mask?: string;
}

/** The options of a benchmark: models, timed rounds, and where they run. */
export interface BenchOptions extends ModelOptions, EngineOptions {
  mixing: string[];
  /** Modules that register mixings of one's own. */
  import?: string[];
  rounds: number;
  json?: true;
}

/** Adds the options of a model; the default is the paper's model for CIFAR-10. */
export function addModelOptions(command: Command, { batch }: { batch: number }): Command {
  const { levels, depth, conditioner } = paperModel;
  const [size, , channels] = paperImageShape;
  const part = (name: string, { names }: { readonly names: readonly string[] }): Option =>
    new Option(`--${name} <name>`, `one of ${names.join(', ')} (default: ${names[0]})`).argParser(
      parseChoice(name, names),
    );
  return command
    .option('--levels <n>', 'number of levels', wholeNumber(1), levels)
    .option('--depth <n>', 'flow steps per level', wholeNumber(1), depth)
    .option('--width <n>', 'hidden channels of the coupling networks', wholeNumber(1), conditioner.width)
    .option('--batch <n>', 'images per batch', wholeNumber(1), batch)
    .option('--size <n>', 'height and width of the images', wholeNumber(2), size)
    .option('--channels <n>', 'channels of the images', wholeNumber(1), channels)
    .addOption(part('coupling', transformers))
    .option('--components <n>', 'components of a mixture', wholeNumber(1))
    .addOption(part('conditioner', conditioners))
    .option('--blocks <n>', 'residual blocks of gated networks', wholeNumber(0))
    .addOption(part('mask', masks))
    .option(
      '--checkerboard <n,…>',
      'couplings with checkerboards before the first squeeze, or each',
      (text) => text.split(',').map(wholeNumber(0)),
    )
    .option('--checkerboard-width <n>', 'hidden channels of their networks', wholeNumber(1));
}

/** Adds the options of a benchmark. */
export function addBenchOptions(command: Command, defaults: { batch: number; rounds: number }): Command {
  command.addOption(
    new Option('--mixing <name,…>', `one or more of ${mixings.names.join(', ')}, or your own`)
      .argParser((names) => names.split(','))
      .default([modelDefaults.mixing], modelDefaults.mixing),
  );
  command.option('--import <module>', 'import a module that registers a mixing; may be repeated', collect);
  addModelOptions(command, defaults)
    .option('--rounds <n>', 'timed rounds', wholeNumber(1), defaults.rounds)
    .option('--json', 'print the result as JSON on stdout');
  return addEngineOptions(command);
}

/**
 * The model that the options describe, without its mixing, and the shape of its images. Imports the user's modules.
 */
export async function describedModel(
  options: BenchOptions,
): Promise<{ model: BenchModel; imageShape: ImageShape }> {
  for (const module of options.import ?? []) {
    const url = pathToFileURL(module).href;
    registerExports(await importModule(url), url);
  }
  const { levels, depth, width, size, channels, mask, checkerboard, checkerboardWidth } = options;
  const {
    coupling = transformers.names[0]!,
    components,
    conditioner = conditioners.names[0]!,
    blocks,
  } = options;
  const imageShape: ImageShape = [size, size, channels];
  const model: BenchModel = {
    ...paperModel,
    ...{ levels, depth },
    conditioner: { name: conditioner, width, blocks },
    coupling: { name: coupling, components },
    ...(mask && { mask }),
    ...(checkerboard && { checkerboard }),
    ...(checkerboardWidth && { checkerboardWidth }),
  };
  for (const mixing of options.mixing) {
    checkModelShape(completeOptions({ ...model, mixing }), imageShape);
  }
  return { model, imageShape };
}
