// PyTorch for comparison: its script in a separate process, and the options of the benchmark that calls it.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { wholeNumber } from '../../src/app/cli/parts/options.ts';
import { programJson } from '../shared/processes.ts';

/** The options of the comparison. */
export interface PeerOptions {
  /** Of both sides. */
  readonly threads: number;
  /** Alternations. */
  readonly runs: number;
  /** A Python with torch. */
  readonly python: string;
}

/** Debian's Python: Debian packages torch for it. */
export const defaultPython = '/usr/bin/python3';

/** Adds `--threads`, `--runs`, `--python`. */
export function addPeerOptions(command: Command): Command {
  return command
    .option('--threads <n>', 'threads for both sides', wholeNumber(1), availableParallelism())
    .option('--runs <n>', 'alternations', wholeNumber(1), 5)
    .option('--python <path>', 'a Python with torch', defaultPython);
}

/** The environment without settings for OpenBLAS's kernels: it chooses better ones itself. */
function withoutKernelSettings(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env;
  return env;
}

/** The output of `glow_torch.py`. */
export function pytorchJson<Result>(python: string, ...args: readonly string[]): Promise<Result> {
  const script = fileURLToPath(new URL('glow_torch.py', import.meta.url));
  return programJson(python, [script, ...args], withoutKernelSettings());
}
