// The definition of the command: every subcommand and its options.
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { unknownName } from '../errors.ts';
import { importModule } from '../platform/importModule.node.ts';
import { refuseEmpty } from './parts/refuseEmpty.ts';
import { version } from './parts/version.ts';
import { refuseRanks } from './ranks/refuseRanks.ts';

/**
 * What adds each subcommand, in the order of the help. Loading the modules of all of them takes longer than many a command
 * itself.
 */
const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  train: async () => (await import('./commands/train.ts')).registerTrain,
  doctor: async () => (await import('./commands/doctor.ts')).registerDoctor,
  evaluate: async () => (await import('./commands/evaluate.ts')).registerEvaluate,
  runs: async () => (await import('./commands/runs.ts')).registerRuns,
  compare: async () => (await import('./commands/compare.ts')).registerCompare,
  sample: async () => (await import('./commands/sample.ts')).registerSample,
  encode: async () => (await import('./commands/encode.ts')).registerEncode,
  decode: async () => (await import('./commands/decode.ts')).registerDecode,
  compress: async () => (await import('./commands/compress.ts')).registerCompress,
  decompress: async () => (await import('./commands/decompress.ts')).registerDecompress,
  interpolate: async () => (await import('./commands/interpolate.ts')).registerInterpolate,
  edit: async () => (await import('./commands/edit.ts')).registerEdit,
  score: async () => (await import('./commands/score.ts')).registerScore,
  infer: async () => (await import('./commands/infer.ts')).registerInfer,
  export: async () => (await import('./commands/export.ts')).registerExport,
  studio: async () => (await import('./commands/studio.ts')).registerStudio,
  presets: async () => (await import('./commands/presets.ts')).registerPresets,
  config: async () => (await import('./commands/config.ts')).registerConfig,
  datasets: async () => (await import('./commands/datasets.ts')).registerDatasets,
  devices: async () => (await import('./commands/devices.ts')).registerDevices,
  bench: async () => (await import('./commands/bench.ts')).registerBench,
};

/**
 * The command `emerging` with its subcommands; it throws errors instead of printing them and exiting.
 *
 * @param args the words after its name: only the subcommand that they call is loaded. By default all are, and also if
 * these words call none
 */
export async function createProgram(args: readonly string[] = []): Promise<Command> {
  const program = new Command('emerging')
    .description('Normalizing flows for images: train, measure, sample, encode, score.')
    .version(version)
    .option('--debug', 'print stack traces')
    .option(
      '--import <module>',
      'import a module first, for example one that registers your own mixing; may be repeated',
      (module: string, earlier: readonly string[]) => [...earlier, module],
      [],
    )
    .addHelpText(
      'after',
      '\nExamples:\n  emerging train --preset mnist-quickstart --out runs/first\n' +
        '  emerging sample runs/first --temperature 0.8 --out samples.png\n' +
        '\nIn a clone, or if the package is a dependency, run npx emerging.',
    )
    .hook('preAction', async (own, called) => {
      refuseEmpty(own);
      refuseEmpty(called);
      await refuseRanks(called, process.env);
      for (const module of own.opts<{ import: readonly string[] }>().import) {
        await importModule(pathToFileURL(module).href);
      }
    })
    .exitOverride()
    // Failures are printed once, by reportFailure.
    .configureOutput({ outputError: () => {} });
  for (const load of calledBy(args)) {
    (await load())(program);
  }
  return program;
}

/** The entries of `commands` to load for a call. */
function calledBy(args: readonly string[]): (typeof commands)[string][] {
  const [name = ''] = wordsOf(args);
  const before = args.slice(0, args.indexOf(name));
  // --help shows the program's help here, even if a command follows.
  const called = before.some((argument) => ['-h', '--help'].includes(argument)) ? undefined : name;
  const found = Object.entries(commands).filter(([one]) => one === called);
  return (found.length > 0 ? found : Object.entries(commands)).map(([, load]) => load);
}

/**
 * Checks that the words where a command is expected name one: otherwise asking for help on an unknown command
 * would show the general help.
 *
 * @throws UserError with the most similar names if not
 */
export function requireKnownCommand(program: Command, args: readonly string[]): void {
  let command = program;
  for (const word of wordsOf(args)) {
    if (command.commands.length === 0 || word === 'help') {
      return;
    }
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) {
      throw unknownName(
        'command',
        word,
        command.commands.map((candidate) => candidate.name()),
      );
    }
    command = next;
  }
}

/**
 * The words of the deepest subcommand in the arguments: `['emerging', 'bench', 'train']`; options are
 * skipped.
 */
export function commandPath(program: Command, args: readonly string[]): string[] {
  const path = [];
  for (let command: Command | null = commandOf(program, args); command; command = command.parent) {
    path.unshift(command.name());
  }
  return path;
}

/** The deepest subcommand in the arguments; options are skipped. */
export function commandOf(program: Command, args: readonly string[]): Command {
  let command = program;
  for (const word of wordsOf(args)) {
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) {
      break;
    }
    command = next;
  }
  return command;
}

/** The arguments that are neither options nor, before any command, their values. */
function wordsOf(args: readonly string[]): string[] {
  return args.filter((argument, index) => !argument.startsWith('-') && args[index - 1] !== '--import');
}
