// The command line as users run it: in its own process, in a folder that is removed after the tests.
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, inject } from 'vitest';
import type {} from './builtPackage.ts';

/** How a call of the command ended. */
interface CommandResult {
  /** The exit code; null if a signal ended the process. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command, and its working directory. */
export interface CommandLine {
  /** Relative paths in arguments are relative to this folder. */
  readonly folder: string;
  /** The command in another working directory, which is relative to this one. */
  inside(directory: string): Pick<CommandLine, 'run' | 'json'>;
  /** Runs the command. */
  run(...args: string[]): Promise<CommandResult>;
  /** Runs it with `--json`, which must succeed and print one JSON value; returns that value. */
  // biome-ignore lint/suspicious/noExplicitAny: each command's JSON has its own form, which its test knows.
  json(...args: string[]): Promise<any>;
  /** Runs it and sends it a signal as soon as stderr contains `text`. */
  interrupt(signal: NodeJS.Signals, text: string, ...args: string[]): Promise<CommandResult>;
  /** The words of a command line, for a shell that runs it. */
  words(...args: string[]): string[];
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
export function commandLine(root = buildPackage()): CommandLine {
  const folder = temporaryFolder();
  const scripts = join(root, 'dist');
  const main = join(scripts, 'cli', 'main.js');
  // The key of the account is not that of whoever runs the tests.
  const environment = { ...process.env, NODE_OPTIONS: '', XDG_STATE_HOME: join(scripts, 'state') };
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
  const inside = (directory: string): Pick<CommandLine, 'run' | 'json'> => {
    const run = (...args: string[]) => call(args, undefined, join(folder, directory));
    return {
      run,
      async json(...args) {
        const { code, stdout, stderr } = await run(...args, '--json');
        expect(code, stderr).toBe(0);
        return JSON.parse(stdout);
      },
    };
  };
  return {
    folder,
    inside,
    ...inside('.'),
    words: (...args) => [process.execPath, main, ...args],
    start: (script, ...args) =>
      spawn(process.execPath, [join(scripts, `${script}.js`), ...args], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: environment,
      }),
    interrupt(signal, text, ...args) {
      let sent = false;
      return call(args, (stderr, send) => {
        if (!sent && stderr.includes(text)) {
          sent = true;
          send(signal);
        }
      });
    },
  };
}

/** A new folder that is removed after the tests of this file. */
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'emerging-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The package in a folder of its own, with the sources compiled as `npm run build` does. */
export function buildPackage(): string {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const folder = temporaryFolder();
  cpSync(inject('compiledSources'), join(folder, 'dist'), { recursive: true });
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return folder;
}
