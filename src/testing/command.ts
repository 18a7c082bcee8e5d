// The command line as a person has it: a process of its own, in a folder that is removed after the tests.
import { type ChildProcess, spawn } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, expect } from 'vitest';

/** How a call of the command ended. */
interface CommandResult {
  /** The exit code; null if a signal ended the process. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command, and the folder in which it is called. */
export interface CommandLine {
  /** Relative paths in arguments mean files in here. */
  readonly folder: string;
  /** Calls the command. */
  run(...args: string[]): Promise<CommandResult>;
  /** Calls it with `--json`, which must go well and print one JSON value; gives that. */
  // biome-ignore lint/suspicious/noExplicitAny: each command's JSON has a form of its own, which its test knows.
  json(...args: string[]): Promise<any>;
  /** Calls it and sends it a signal as soon as stderr holds `text`. */
  interrupt(signal: NodeJS.Signals, text: string, ...args: string[]): Promise<CommandResult>;
  /** The words of a call, for a shell that calls it. */
  words(...args: string[]): string[];
  /** Starts another script of the sources by its path, `testing/NAME`, and leaves it to itself; stdout is piped. */
  start(script: string, ...args: string[]): ChildProcess;
}

/** Makes the command ready for the tests of one file. */
export function commandLine(): CommandLine {
  const folder = temporaryFolder();
  const scripts = join(build(), 'dist');
  const main = join(scripts, 'cli', 'main.js');
  const call = (args: string[], onStderr?: (text: string, send: (signal: NodeJS.Signals) => void) => void) =>
    new Promise<CommandResult>((resolve, reject) => {
      const child = spawn(process.execPath, [main, ...args], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, NODE_OPTIONS: '' },
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
  return {
    folder,
    run: (...args) => call(args),
    async json(...args) {
      const { code, stdout, stderr } = await call([...args, '--json']);
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout);
    },
    words: (...args) => [process.execPath, main, ...args],
    start: (script, ...args) =>
      spawn(process.execPath, [join(scripts, `${script}.js`), ...args], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, NODE_OPTIONS: '' },
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

/**
 * The sources as JavaScript in a package of their own, as `npm run build` makes them but without checking types: it
 * starts in a third of the time that a loader of TypeScript takes, and the tests start it often.
 */
function build(): string {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const sources = join(root, 'src');
  const folder = temporaryFolder();
  const compilerOptions: ts.CompilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true,
  };
  for (const file of readdirSync(sources, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.ts') && !file.endsWith('.test.ts')) {
      const { outputText } = ts.transpileModule(readFileSync(join(sources, file), 'utf8'), {
        fileName: file,
        compilerOptions,
      });
      const target = join(folder, 'dist', file.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, outputText);
    }
  }
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return folder;
}
