// The sound files that the fuzzer copies and damages, and the results of commands on them.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contactSheet } from '../../../pictures/contactSheet.ts';
import { tinyImages, tinyTraining, writeTinyDataset } from '../../tinyImages.ts';
import { breachOf, commandLimits } from '../contract.ts';
import { downloadAnswers } from '../downloadAnswers.ts';
import { startHostileServer } from '../hostileServer.ts';
import { runInLimits } from '../inLimits.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The command line of `runCommands`. */
export const commandScript = [
  process.execPath,
  '--import',
  import.meta.resolve('tsx'),
  here('../runCommands.ts'),
];

/** Options for short commands. */
export const quick = ['--draws=1', '--threads=1'];

/** The sound files and results. */
export interface Workplace {
  readonly folder: string;
  /** The path of a sound file or folder: `run`, `run2`, `export`, `data`, `latents.safetensors`, … */
  sound(name: string): string;
  /** The contents of all sound files, by their names. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Images and archives of every format, by their paths. */
  readonly fixtures: readonly string[];
  /** The bits/dim of the run on its test images. */
  readonly bitsPerDim: number;
  /** What `score` prints for the export. */
  readonly score: string;
  /** The URL below which the hostile server gives this answer. */
  urlOf(answer: string): string;
  close(): Promise<void>;
}

/** Trains tiny models in `folder`, exports them and encodes images. */
export async function makeWorkplace(folder: string): Promise<Workplace> {
  const home = join(folder, 'sound');
  mkdirSync(home, { recursive: true });
  writeTinyDataset(join(home, 'data'));
  writeFileSync(
    join(home, 'image.png'),
    contactSheet(tinyImages(1, 8, 5), { imageShape: [8, 8, 1], scale: 1 }),
  );
  const training = [...tinyTraining, '--set=training.warmupSteps=0', '--steps=4', '--no-test', '--threads=1'];
  const run = async (...commands: string[][]): Promise<string[]> => {
    const calls = commands.map((args) => ({ args, cwd: home }));
    const outcomes = await runInLimits(commandScript, calls, { ...commandLimits, seconds: 120 });
    return outcomes.map((outcome) => {
      if (outcome.code !== 0 || breachOf(outcome) !== undefined) {
        throw new Error(`cannot prepare: ${outcome.args.join(' ')}: ${outcome.killed ?? outcome.stderr}`);
      }
      return outcome.stdout;
    });
  };
  await run(
    ['train', '--data=data', ...training, '--out=run'],
    ['train', '--data=data', ...training, '--out=run2', '--set=seed=1'],
    ['export', 'run', '--out=export'],
    ['export', 'run2', '--out=export2'],
    ['encode', 'run', '--data=data', '--count=4', '--out=latents.safetensors', '--threads=1'],
    ['encode', 'run2', '--data=data', '--count=4', '--out=latents2.safetensors', '--threads=1'],
    ['datasets', 'prepare', 'data', '--size=8', '--channels=1', '--out=prepared.images'],
  );
  // Copies must be small, without an earlier checkpoint to fall back on.
  for (const name of ['run', 'run2'].flatMap((model) =>
    readdirSync(join(home, model, 'checkpoints')).map((file) => join(model, 'checkpoints', file)),
  )) {
    if (!name.includes('00000004')) {
      rmSync(join(home, name));
    }
  }
  for (const name of ['run/samples', 'run2/samples', 'run/curve.png', 'run2/curve.png']) {
    rmSync(join(home, name), { recursive: true });
  }
  cpSync(join(home, 'run'), join(home, 'measured'), { recursive: true });
  const [evaluation, score] = await run(
    ['evaluate', 'measured', ...quick, '--json'],
    ['score', 'export', 'image.png', '--threads=1'],
  );
  const server = await startHostileServer(downloadAnswers);
  const fixtures = here('../../../data/fixtures');
  return {
    folder,
    sound: (name) => join(home, name),
    files: filesIn(home),
    fixtures: readdirSync(fixtures)
      .filter((name) => !/\.(ts|py|mjs)$/.test(name))
      .map((name) => join(fixtures, name)),
    bitsPerDim: (JSON.parse(evaluation!) as { bitsPerDim: number }).bitsPerDim,
    score: score!,
    urlOf: server.urlOf,
    close: server.close,
  };
}

function filesIn(folder: string): Map<string, Uint8Array> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    found.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [relative(folder, path), readFileSync(path)];
    }),
  );
}

/** A folder for one input: the working directory of its command, and a folder that the command must not change. */
export class Place {
  readonly cwd: string;
  readonly outside: string;

  readonly folder: string;
  private readonly workplace: Workplace;

  constructor(workplace: Workplace, folder: string) {
    this.workplace = workplace;
    this.folder = folder;
    this.cwd = join(folder, 'cwd');
    this.outside = join(folder, 'outside');
    mkdirSync(this.cwd, { recursive: true });
  }

  /** Copies sound files or folders into the working directory. */
  copy(...names: string[]): void {
    for (const [name, bytes] of this.workplace.files) {
      if (names.some((one) => name === one || name.startsWith(`${one}/`))) {
        mkdirSync(dirname(this.path(name)), { recursive: true });
        writeFileSync(this.path(name), bytes);
      }
    }
  }

  path(name: string): string {
    return join(this.cwd, name);
  }

  /** Replaces a text file of the working directory. */
  edit(name: string, change: (text: string) => string): void {
    writeFileSync(this.path(name), change(readFileSync(this.path(name), 'utf8')));
  }

  /** Replaces a file of the working directory. */
  rewrite(name: string, change: (bytes: Uint8Array) => Uint8Array): void {
    writeFileSync(this.path(name), change(readFileSync(this.path(name))));
  }

  /** Copies a fixture under its own name. */
  copyFixture(path: string): string {
    cpSync(path, this.path(basename(path)));
    return basename(path);
  }
}
