// The package as npm leaves it where the native runtime cannot be installed.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPackage } from './command.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The built package with the packages of an installation, the native runtime without its binaries. */
export function packageWithoutBinaries(): string {
  const root = buildPackage();
  const [installed, packages] = [join(repository, 'node_modules'), join(root, 'node_modules')];
  rmSync(packages);
  mkdirSync(packages);
  for (const name of readdirSync(installed).filter((candidate) => !candidate.startsWith('onnxruntime-'))) {
    symlinkSync(join(installed, name), join(packages, name), 'junction');
  }
  for (const name of ['onnxruntime-node', 'onnxruntime-common']) {
    cpSync(join(installed, name), join(packages, name), {
      recursive: true,
      filter: (path) => !path.includes(join('onnxruntime-node', 'bin')),
    });
  }
  execFileSync(process.execPath, [join(repository, 'scripts/copy-files.mjs'), join(root, 'dist')]);
  return root;
}
