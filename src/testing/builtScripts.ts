// Replaces `platform/childScript.node.ts` in tests: threads and child processes run the package that is built once for all
// tests, instead of compiling the sources again.
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { inject } from 'vitest';
import type {} from './builtPackage.ts';

const sources = fileURLToPath(new URL('..', import.meta.url));

/** The built path of `NAMEMain.node.ts` next to the module `NAME.node.ts`. */
export function mainBeside(module: string): string {
  const script = relative(sources, fileURLToPath(module)).replace(/(\.node)\.ts$/, 'Main$1.js');
  return join(inject('builtPackage'), 'dist', script);
}

/** The arguments for Node. */
export function argumentsFor(script: string): string[] {
  return [script];
}

/** A thread that runs `mainBeside(module)` with data. */
export function threadBeside(module: string, workerData: unknown): Worker {
  return new Worker(mainBeside(module), { workerData });
}

({ mainBeside, argumentsFor, threadBeside }) satisfies typeof import('../core/platform/childScript.node.ts');
