// The command `emerging`: its subcommands and their options, and a call of it, whose failure prints one line and sets the exit
// code.
import { pathToFileURL } from 'node:url';
import { Command, CommanderError, type Option } from 'commander';
import { messageLine, UserError, unknownName } from '../../core/errors.ts';
import { importModule } from '../../core/platform/index.node.ts';
import { version } from './parts/version.ts';
import { refuseRanks } from './ranks/refuseRanks.ts';
import { reportFailure } from './terminal/failure.ts';
import { formatCount } from './terminal/format.ts';

/** A subcommand: what the help of the program says about it, and its definition. */
interface Entry {
  /** Its options and arguments. */
  readonly usage: string;
  readonly description: string;
  /** Loads what adds its options, arguments and action: loading all of them takes longer than many a command itself. */
  load(): Promise<(command: Command) => void>;
}

/** The subcommands, in the order of the help. */
const commands: Readonly<Record<string, Entry>> = {
  train: {
    usage: '[options]',
    description: 'train a model in a run folder, evaluate it on the test images and draw samples',
    load: async () => (await import('./commands/train.ts')).registerTrain,
  },
  doctor: {
    usage: '[options] <run>',
    description:
      'check a model: inverse, log-determinant and conditioning of every layer, round trip of images',
    load: async () => (await import('./commands/doctor.ts')).registerDoctor,
  },
  evaluate: {
    usage: '[options] <run>',
    description: 'measure bits/dim on held-out images, or nats/value of real numbers',
    load: async () => (await import('./commands/evaluate.ts')).registerEvaluate,
  },
  runs: {
    usage: '[options] [dir]',
    description: 'list the runs in a folder with their progress and results',
    load: async () => (await import('./commands/runs.ts')).registerRuns,
  },
  compare: {
    usage: '[options] <run...>',
    description: 'compare the bits/dim of models image by image, and plot the learning curves of runs',
    load: async () => (await import('./commands/compare.ts')).registerCompare,
  },
  study: {
    usage: '[options] <file>',
    description:
      'compare variants of a model fairly: rates searched, seeds, intervals and tests, in a report',
    load: async () => (await import('./commands/study.ts')).registerStudy,
  },
  sample: {
    usage: '[options] <run>',
    description: 'sample images from a run, as a PNG grid',
    load: async () => (await import('./commands/sample.ts')).registerSample,
  },
  encode: {
    usage: '[options] <run> [images...]',
    description: 'encode images as latents',
    load: async () => (await import('./commands/encode.ts')).registerEncode,
  },
  decode: {
    usage: '[options] <run> <file>',
    description: 'decode latents to images',
    load: async () => (await import('./commands/decode.ts')).registerDecode,
  },
  compress: {
    usage: '[options] [images...]',
    description: 'compress images with a model, without loss',
    load: async () => (await import('./commands/compress.ts')).registerCompress,
  },
  decompress: {
    usage: '[options] <file>',
    description: 'write the images of a compressed file as PNG',
    load: async () => (await import('./commands/decompress.ts')).registerDecompress,
  },
  interpolate: {
    usage: '[options] <run> <a> <b>',
    description: 'interpolate between two images or samples in latent space',
    load: async () => (await import('./commands/interpolate.ts')).registerInterpolate,
  },
  edit: {
    usage: '[options] <run> <image>',
    description: 'move an image along the difference between two groups of images, or to another class',
    load: async () => (await import('./commands/edit.ts')).registerEdit,
  },
  score: {
    usage: '[options] <run> [images...]',
    description: 'score how odd images are, by comparing them with the validation images',
    load: async () => (await import('./commands/score.ts')).registerScore,
  },
  infer: {
    usage: '[options] <run> [images...]',
    description: 'infer the numbers that a model is conditioned on from images',
    load: async () => (await import('./commands/infer.ts')).registerInfer,
  },
  models: {
    usage: '[options]',
    description: 'list the bundled models, which every command takes by name',
    load: async () => (await import('./commands/models.ts')).registerModels,
  },
  export: {
    usage: '[options] <run>',
    description: 'export a run as ONNX files for any runtime, with a manifest that describes them',
    load: async () => (await import('./commands/export.ts')).registerExport,
  },
  studio: {
    usage: '[options] [folders...]',
    description:
      'explore and train models in the browser: a server on this machine, or static files for any host',
    load: async () => (await import('./commands/studio.ts')).registerStudio,
  },
  presets: {
    usage: '[options]',
    description: 'list the predefined experiments',
    load: async () => (await import('./commands/presets.ts')).registerPresets,
  },
  config: {
    usage: '[options]',
    description: 'list the configuration keys: meaning, range, default, and whether a resume may change them',
    load: async () => (await import('./commands/config.ts')).registerConfig,
  },
  datasets: {
    usage: '',
    description: 'list, download, prepare and inspect datasets',
    load: async () => (await import('./commands/datasets.ts')).registerDatasets,
  },
  devices: {
    usage: '[options]',
    description: 'test which devices work on this machine',
    load: async () => (await import('./commands/devices.ts')).registerDevices,
  },
};

/**
 * The command `emerging` with its subcommands; it throws errors instead of printing them and exiting.
 *
 * @param args the words after its name: only the subcommand that they call is defined; if they call none, the subcommands
 * have no more than the help of the program says. By default, all are defined
 */
export async function createProgram(args?: readonly string[]): Promise<Command> {
  const program = new Command('emerging')
    .description('Normalizing flows for images: train, measure, sample, encode, score.')
    .version(version)
    .option('--debug', 'print stack traces')
    .option(
      '--import <module>',
      'import a module first, for example one that exports your own mixing; may be repeated',
      (module: string, earlier: readonly string[]) => [...earlier, module],
      [],
    )
    .addHelpText(
      'after',
      '\nExamples:\n  emerging train --preset mnist-quickstart --out runs/first\n' +
        '  emerging sample runs/first --temperature 0.8 --out samples.png\n' +
        '\nIn a clone, or if the package is a dependency, run npx emerging.',
    )
    .hook('preAction', async (root, called) => {
      refuseEmpty(root);
      refuseEmpty(called);
      await refuseRanks(called, process.env);
      await registerModules(root.opts<{ import: readonly string[] }>().import);
    })
    .configureHelp({
      optionDescription: (option) => withDefault(option),
      argumentDescription: (argument) => withDefault(argument),
    })
    .exitOverride()
    // Failures are printed once, by reportFailure.
    .configureOutput({ outputError: () => {} });
  if (args?.some((argument) => helpOptions.includes(argument))) {
    // Help lists their parts, and is printed before any action.
    await registerModules(importedBy(args));
  }
  const called = args === undefined ? Object.keys(commands) : calledBy(args);
  for (const name of called) {
    const { description, load } = commands[name]!;
    (await load())(program.command(name).description(description));
  }
  if (called.length === 0) {
    for (const [name, { usage, description }] of Object.entries(commands)) {
      program.command(`${name} ${usage}`).description(description);
    }
  }
  return program;
}

const helpOptions: readonly string[] = ['-h', '--help'];

/** The modules that `--import` names. */
function importedBy(args: readonly string[]): string[] {
  return args.flatMap((argument, index) => {
    const isNext = argument === '--import';
    const module = isNext ? args[index + 1] : /^--import=(.+)$/s.exec(argument)?.[1];
    return module ? [module] : [];
  });
}

/** Imports modules, and registers the parts that they export. */
async function registerModules(modules: readonly string[]): Promise<void> {
  for (const module of modules) {
    const url = pathToFileURL(module).href;
    const exports = await importModule(url);
    // Loaded late: most commands start without.
    const { registerExports } = await import('../../core/parts/index.ts');
    registerExports(exports, url);
  }
}

/** The help of an option or argument, with numbers and names in its default as commands print them. */
function withDefault({
  description,
  defaultValue,
  defaultValueDescription: words,
}: Pick<Option, 'description' | 'defaultValue' | 'defaultValueDescription'>): string {
  const text =
    typeof defaultValue === 'number' && Number.isInteger(defaultValue)
      ? formatCount(defaultValue)
      : String(defaultValue);
  const isShown = defaultValue !== undefined && typeof defaultValue !== 'boolean' && text !== '';
  return isShown ? `${description} (default: ${words ?? text})` : description;
}

/** The names in `commands` that a call needs: one, or none. */
function calledBy(args: readonly string[]): string[] {
  const [first = '', second = ''] = commandWords(args);
  const before = args.slice(0, args.indexOf(first));
  // --help shows the program's help here, even if a command follows.
  const ofProgram = before.some((argument) => helpOptions.includes(argument));
  const name = first === 'help' ? second : first;
  return !ofProgram && Object.hasOwn(commands, name) ? [name] : [];
}

/**
 * Checks that the words where a command is expected name one: otherwise asking for help on an unknown command
 * would show the general help.
 *
 * @throws UserError with the most similar names if not
 */
function requireKnownCommand(program: Command, args: readonly string[]): void {
  const names = findCommand(program, args).commands.map((command) => command.name());
  // The first word that is not part of the path, which begins with the program.
  const word = commandWords(args)[commandPath(program, args).length - 1];
  if (names.length > 0 && word !== undefined) {
    throw unknownName('command', word, names);
  }
}

/**
 * The words of the deepest subcommand in the arguments: `['emerging', 'datasets', 'show']`; options are
 * skipped.
 */
function commandPath(program: Command, args: readonly string[]): string[] {
  const path = [];
  for (let command: Command | null = findCommand(program, args); command; command = command.parent) {
    path.unshift(command.name());
  }
  return path;
}

/** The deepest subcommand in the arguments; options are skipped. */
export function findCommand(program: Command, args: readonly string[]): Command {
  let command = program;
  for (const word of commandWords(args)) {
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) {
      break;
    }
    command = next;
  }
  return command;
}

/** The arguments that are neither options nor, before any command, their values. */
function commandWords(args: readonly string[]): string[] {
  return args.filter((argument, index) => !argument.startsWith('-') && args[index - 1] !== '--import');
}

/** Refuses a call with an empty option or argument. */
function refuseEmpty(called: Command): void {
  const option = called.options.find((candidate) =>
    isEmpty(called.getOptionValue(candidate.attributeName())),
  );
  if (option !== undefined) {
    const otherwise = option.mandatory ? '' : ', or leave it out';
    throw new UserError('invalid-argument', `${option.long} is empty: give it a value${otherwise}`);
  }
  const emptyIndex = called.processedArgs.findIndex(isEmpty);
  if (emptyIndex >= 0) {
    const name = called.registeredArguments[emptyIndex]!.name();
    throw new UserError('invalid-argument', `the argument '${name}' is empty: give it a value`);
  }
}

/** Whether a value, or one of several, is the empty string. */
function isEmpty(value: unknown): boolean {
  return [value].flat().includes('');
}

/** Usage errors of the parser whose message does not name the valid choices. */
const seeHelp = new Set([
  'commander.unknownOption',
  'commander.excessArguments',
  'commander.missingArgument',
  'commander.missingMandatoryOptionValue',
  'commander.optionMissingArgument',
]);

/** How V8 and ONNX Runtime report that an array does not fit in memory. */
const outOfMemory =
  /Array buffer allocation failed|Invalid typed array length|Failed to allocate memory|bad_alloc|reaching memory limit|more than a loop can hold/;

/** Runs the command with the words after its name. A failure is reported, and sets the exit code of this process. */
export async function runCommand(args: readonly string[]): Promise<void> {
  let program: Command | undefined;
  try {
    program = await createProgram(args);
    requireKnownCommand(
      program,
      commandWords(args).filter((word) => word !== 'help'),
    );
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = reportFailure(program ? explained(error, program, args) : error, {
      debug: args.includes('--debug'),
      json: args.includes('--json'),
    });
  }
}

/** Errors from libraries that the user can fix, with what to do. */
function explained(error: unknown, program: Command, args: readonly string[]): unknown {
  if (error instanceof CommanderError && seeHelp.has(error.code)) {
    const problem = messageLine(error.message.replace(/^error: /, '')).replace(/\.$/, '');
    const help = [...commandPath(program, args), '--help'].join(' ');
    return new UserError('invalid-argument', `${problem}; see ${help}`, { cause: error });
  }
  if (error instanceof Error && !(error instanceof UserError) && outOfMemory.test(error.message)) {
    return new UserError(
      'out-of-memory',
      `out of memory (${error.message.split('\n')[0]}): ` +
        'use a smaller model, a smaller batch or fewer images',
      { cause: error },
    );
  }
  return error;
}
