// The command line as users run it: in its own process, in a folder that is removed after the tests.
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, inject } from 'vitest';
import type {} from './builtPackage.ts';
import type { Call } from './runCalls.ts';
import { temporaryFolder } from './temporaryFolder.ts';
import { tinyTraining, writeTinyDataset } from './tinyImages.ts';

/** The line after the output of a call to a process that runs several. */
const endPattern = /\0end of the call: (\d+)\n$/;

/** How a call of the command ended. */
interface CommandResult {
  /** The exit code; null if a signal ended the process. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Calls of the command; the first argument may be several words, as in `evaluate runs/a --draws=1`. */
interface Calling {
  /** Runs the command. */
  run(...args: string[]): Promise<CommandResult>;
  /** Runs it with `--json`, which must succeed and print one JSON value; returns that value. */
  // biome-ignore lint/suspicious/noExplicitAny: each command's JSON has its own form, which its test knows.
  json(...args: string[]): Promise<any>;
  /** Runs it, which must fail with exit code 1 or 2 and one line that says why; returns that line without `emerging: `. */
  refused(...args: string[]): Promise<string>;
  /** The same with this exit code: 2 is wrong usage. */
  refusedWith(code: 1 | 2, ...args: string[]): Promise<string>;
}

/** The command, and its working directory. */
export interface CommandLine extends Calling {
  /** Relative paths in arguments are relative to this folder. */
  readonly folder: string;
  /** The command in another working directory, which is relative to this one. */
  inside(directory: string): Calling;
  /** Writes tiny images to the folder `data`, and trains a tiny model on them with one thread; returns its summary. */
  // biome-ignore lint/suspicious/noExplicitAny: as of `json`.
  trainTiny(...options: string[]): Promise<any>;
  /** Runs it and sends it a signal as soon as stderr contains `text`. */
  interrupt(signal: NodeJS.Signals, text: string, ...args: string[]): Promise<CommandResult>;
  /** The words of a command line, for a shell that runs it. */
  words(...args: string[]): string[];
  /** The words that run another script of the sources by its path, `testing/NAME`. */
  scriptWords(script: string, ...args: string[]): string[];
  /**
   * Starts another script of the sources by its path, `testing/NAME`, and does not wait for it; stdout is
   * piped.
   */
  start(script: string, ...args: string[]): ChildProcess;
}

/**
 * Prepares the command for the tests of one file.
 *
 * @param root the folder of the built package
 */
export function commandLine(root = inject('builtPackage')): CommandLine {
  return prepare(root);
}

/**
 * The same, but one process for each test worker runs all calls of `run` and `json`, in turn: for tests of what commands do
 * and say, since starting a process takes longer than most of them.
 */
export function commandProcess(): CommandLine {
  afterAll(() => {
    // A call that hangs fails the tests of its own file only.
    if (calling) {
      caller?.kill('SIGKILL');
    }
  });
  return prepare(inject('builtPackage'), callInTurn);
}

function prepare(root: string, calls?: typeof callInTurn): CommandLine {
  const folder = temporaryFolder();
  const scripts = join(root, 'dist');
  const main = join(scripts, 'app', 'cli', 'main.js');
  const environment = environmentIn(root);
  const call = (
    args: string[],
    onStderr?: (text: string, send: (signal: NodeJS.Signals) => void) => void,
    cwd = folder,
  ) =>
    new Promise<CommandResult>((resolve, reject) => {
      const child = spawn(process.execPath, [main, ...args], {
        cwd,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: environment,
      });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
        onStderr?.(stderr, (signal) => child.kill(signal));
      });
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, stdout, stderr }));
    });
  const inside = (directory: string): Calling => {
    const cwd = join(folder, directory);
    const run = (...line: string[]) => {
      const args = wordsIn(line);
      return calls ? calls({ args, cwd }) : call(args, undefined, cwd);
    };
    const refusal = async (codes: readonly number[], args: string[]): Promise<string> => {
      const { code, stderr } = await run(...args);
      expect(codes, stderr).toContain(code);
      expect(stderr).not.toMatch(/\n {4}at /);
      const lines = stderr.split('\n').filter((line) => line.startsWith('emerging: '));
      expect(lines, stderr).toHaveLength(1);
      return lines[0]!.slice('emerging: '.length);
    };
    return {
      run,
      async json(...args) {
        const { code, stdout, stderr } = await run(...args, '--json');
        expect(code, stderr).toBe(0);
        return JSON.parse(stdout);
      },
      refused: (...args) => refusal([1, 2], args),
      refusedWith: (code, ...args) => refusal([code], args),
    };
  };
  const scriptWords = (script: string, ...args: string[]): [string, ...string[]] => [
    process.execPath,
    join(scripts, `${script}.js`),
    ...args,
  ];
  const calling = inside('.');
  return {
    folder,
    inside,
    ...calling,
    words: (...args) => [process.execPath, main, ...wordsIn(args)],
    scriptWords,
    start(script, ...args) {
      const [program, ...words] = scriptWords(script, ...args);
      return spawn(program, words, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'], env: environment });
    },
    trainTiny(...options) {
      writeTinyDataset(join(folder, 'data'));
      return calling.json('train', '--data=data', ...tinyTraining, '--threads=1', ...options);
    },
    interrupt(signal, text, ...args) {
      let sent = false;
      return call(wordsIn(args), (stderr, send) => {
        if (!sent && stderr.includes(text)) {
          sent = true;
          send(signal);
        }
      });
    },
  };
}

/** Arguments of which the first may be several words. */
function wordsIn([first, ...others]: readonly string[]): string[] {
  return [...(first?.split(' ') ?? []), ...others];
}

/** The environment of a command in a test, which protects the account key of the user who runs the tests. */
export function environmentIn(root: string): NodeJS.ProcessEnv {
  return { ...process.env, NODE_OPTIONS: '', XDG_STATE_HOME: join(root, 'state') };
}

/** The process that runs calls of the command for all test files of this process, and ends with it. */
let caller: ChildProcess | undefined;
let last: Promise<unknown> = Promise.resolve();
/** Whether a call is running. */
let calling = false;

/** Runs a call in that process, after those before it. */
function callInTurn(call: Call): Promise<CommandResult> {
  const result = last.then(async () => {
    calling = true;
    try {
      return await runCall(call);
    } finally {
      calling = false;
    }
  });
  last = result.catch(() => {});
  return result;
}

function runCall(call: Call): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const root = inject('builtPackage');
    // A call may have ended it.
    caller = caller?.connected
      ? caller
      : spawn(process.execPath, [join(root, 'dist/testing/runCalls.js')], {
          stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
          env: environmentIn(root),
        });
    const activeCaller = caller;
    const texts = { stdout: '', stderr: '' };
    const finish = (code: number | null): void => {
      for (const name of ['stdout', 'stderr'] as const) {
        activeCaller[name]!.removeAllListeners('data');
      }
      activeCaller.removeAllListeners('close').removeAllListeners('error');
      resolve({ code, ...texts });
    };
    const ends = new Map<string, number>();
    for (const name of ['stdout', 'stderr'] as const) {
      activeCaller[name]!.setEncoding('utf8').on('data', (text: string) => {
        texts[name] += text;
        const end = endPattern.exec(texts[name]);
        if (end) {
          texts[name] = texts[name].slice(0, end.index);
          ends.set(name, Number(end[1]));
        }
        if (ends.size === 2) {
          finish(ends.get('stdout')!);
        }
      });
    }
    activeCaller.on('error', reject).on('close', finish);
    activeCaller.send(call);
  });
}

/** The package in a folder of its own, for tests that change it. */
export function buildPackage(): string {
  const folder = temporaryFolder();
  copyPackage(folder);
  return folder;
}

/** Copies the package to a folder. */
export function copyPackage(folder: string): void {
  cpSync(inject('builtPackage'), folder, { recursive: true, verbatimSymlinks: true });
}
