// PyTorch, to compare with: its scripts in processes of their own, and the options of the benches that call them.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { wholeNumber } from '../../src/cli/options.ts';
import { programJson } from '../shared/processes.ts';

/** How both sides are compared. */
export interface PeerOptions {
  /** Of both sides. */
  readonly threads: number;
  /** Alternations. */
  readonly runs: number;
  /** The Python that has torch. */
  readonly python: string;
}

/** Adds `--threads`, `--runs`, `--python`. */
export function addPeerOptions(command: Command): Command {
  return command
    .option('--threads <n>', 'threads of both', wholeNumber(1), availableParallelism())
    .option('--runs <n>', 'alternations', wholeNumber(1), 5)
    .option('--python <path>', 'the Python that has torch', '/usr/bin/python3');
}

/** What a script of this folder prints. OpenBLAS chooses its own kernels: settings made for older versions would slow it. */
export function pytorchJson<Result>(
  python: string,
  script: 'glow_torch.py' | 'products_torch.py',
  ...args: readonly string[]
): Promise<Result> {
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env;
  return programJson(python, [fileURLToPath(new URL(script, import.meta.url)), ...args], env);
}
