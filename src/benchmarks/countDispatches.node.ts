// Counts what a training step starts on a GPU, by the log of ONNX Runtime in a process of its own.
import { spawn } from 'node:child_process';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argumentsFor, mainBeside } from '../platform/childScript.node.ts';
import type { BenchTrainingOptions } from './benchTraining.ts';

/** The lines that the process writes to stderr, before and after the step. */
export const [STEP_BEGINS, STEP_ENDS] = ['the step begins', 'the step ends'] as const;

/** What the runtime writes for every dispatch. */
const DISPATCH = 'Starting program';

/**
 * The dispatches of one training step on WebGPU: the programs that the runtime starts on the GPU.
 *
 * @throws Error if the process fails
 */
export async function countDispatches(training: BenchTrainingOptions): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'emerging-dispatches-'));
  try {
    // The runtime drops lines that a pipe does not take at once.
    const path = join(folder, 'log');
    const log = await open(path, 'w');
    const status = await statusOf(training, log.fd).finally(() => log.close());
    const lines = (await readFile(path, 'utf8')).split('\n');
    const [begin, end] = [lines.indexOf(STEP_BEGINS), lines.indexOf(STEP_ENDS)];
    if (begin < 0 || end < 0) {
      throw new Error(`cannot count the dispatches of a step: its process ended with ${status}`);
    }
    return lines.slice(begin, end).filter((line) => line.includes(DISPATCH)).length;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Runs the process until it ends, with stderr to an open file. */
function statusOf(training: BenchTrainingOptions, stderr: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, argumentsFor(mainBeside(import.meta.url)), {
      stdio: ['pipe', 'ignore', stderr],
      env: { ...process.env, EMERGING_RUNTIME_LOG: 'info' },
      windowsHide: true,
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    // A process that ends early is reported by its status.
    child.stdin?.on('error', () => {});
    child.stdin?.end(JSON.stringify(training));
  });
}
