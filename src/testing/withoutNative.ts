// The package as npm leaves it where the native runtime cannot be installed.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPackage } from './command.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** What is missing: the package, which npm leaves out if its install script fails, or its binaries. */
export type MissingPart = 'package' | 'binaries';

/** The built package beside the packages of an installation without the native runtime, and its models. */
export function packageWithoutNative(missing: MissingPart): string {
  const root = buildPackage();
  const [installed, packages] = [join(repository, 'node_modules'), join(root, 'node_modules')];
  rmSync(packages);
  mkdirSync(packages);
  for (const name of readdirSync(installed).filter((one) => !one.startsWith('onnxruntime-'))) {
    symlinkSync(join(installed, name), join(packages, name), 'junction');
  }
  if (missing === 'binaries') {
    for (const name of ['onnxruntime-node', 'onnxruntime-common']) {
      cpSync(join(installed, name), join(packages, name), { recursive: true, filter: isNoBinary });
    }
  }
  symlinkSync(join(repository, 'models'), join(root, 'models'), 'junction');
  execFileSync(process.execPath, [join(repository, 'scripts/copy-files.mjs'), join(root, 'dist')]);
  return root;
}

function isNoBinary(path: string): boolean {
  return !path.includes(join('onnxruntime-node', 'bin'));
}
