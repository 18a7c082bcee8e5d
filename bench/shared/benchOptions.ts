// The options that describe the model to benchmark.
import { pathToFileURL } from 'node:url';
import { type Command, Option } from 'commander';
import {
  addEngineOptions,
  collect,
  type EngineOptions,
  oneOf,
  wholeNumber,
} from '../../src/app/cli/parts/options.ts';
import { noteOnStderr } from '../../src/app/cli/terminal/output.ts';
import type { ImageShape } from '../../src/core/numeric/imageShape.ts';
import { importModule } from '../../src/core/platform/importModule.node.ts';
import { conditioners, masks, transformers } from '../../src/flows/models/couplings.ts';
import { type MixingName, mixingParts } from '../../src/flows/models/mixing.ts';
import { type ModelOptions as FlowOptions, modelDefaults } from '../../src/flows/models/options.ts';
import { checkModelShape } from '../../src/runs/settings/modelShape.ts';
import { unusedKeyWarnings } from '../../src/runs/settings/unusedKeys.ts';
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
type CouplingOptions = Pick<FlowOptions, (typeof couplingKeys)[number]>;

const couplingKeys = [
  ...(['coupling', 'components', 'conditioner', 'blocks'] as const),
  ...(['mask', 'checkerboard', 'checkerboardWidth'] as const),
] as const;

/** The options of a benchmark: models, timed rounds, and where they run. */
export interface BenchOptions extends ModelOptions, EngineOptions {
  mixing: MixingName[];
  /** Modules that register mixings of one's own. */
  import?: string[];
  rounds: number;
  json?: true;
}

/** Adds the options of a model; the default is the paper's model for CIFAR-10. */
export function addModelOptions(command: Command, { batch }: { batch: number }): Command {
  const { levels, depth, width } = paperModel;
  const [size, , channels] = paperImageShape;
  const part = (name: string, { names }: { readonly names: readonly string[] }): Option =>
    new Option(`--${name} <name>`, `one of ${names.join(', ')} (default: ${names[0]})`).argParser(
      oneOf(name, names),
    );
  return command
    .option('--levels <n>', 'number of levels', wholeNumber(1), levels)
    .option('--depth <n>', 'flow steps per level', wholeNumber(1), depth)
    .option('--width <n>', 'hidden channels of the coupling networks', wholeNumber(1), width)
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
    new Option('--mixing <name,…>', `one or more of ${mixingParts.names.join(', ')}, or your own`)
      .argParser((names) => names.split(','))
      .default([modelDefaults.mixing], modelDefaults.mixing),
  );
  command.option('--import <module>', 'import a module that registers a mixing; may be repeated', collect);
  addModelOptions(command, defaults)
    .option('--rounds <n>', 'timed rounds', wholeNumber(1), defaults.rounds)
    .option('--json', 'print the result as JSON on stdout');
  return addEngineOptions(command);
}

/** The options of the couplings that were given. */
export function givenCouplingOptions(options: CouplingOptions): CouplingOptions {
  return Object.fromEntries(
    couplingKeys.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]),
  );
}

/**
 * The model that the options describe, without its mixing, and the shape of its images. Imports the user's modules, and warns
 * of options without effect.
 */
export async function describedModel(
  options: BenchOptions,
): Promise<{ model: BenchModel; imageShape: ImageShape }> {
  for (const module of options.import ?? []) {
    await importModule(pathToFileURL(module).href);
  }
  const { levels, depth, width, size, channels } = options;
  const imageShape: ImageShape = [size, size, channels];
  const model = { ...paperModel, levels, depth, width, ...givenCouplingOptions(options) };
  const warnings = options.mixing.flatMap((mixing) => {
    checkModelShape({ ...model, mixing }, imageShape);
    return unusedKeyWarnings({ ...model, mixing });
  });
  for (const warning of new Set(warnings)) {
    noteOnStderr(`warning: ${warning}`);
  }
  return { model, imageShape };
}
