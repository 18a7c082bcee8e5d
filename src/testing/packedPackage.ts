// The package as npm packs it, unpacked in a project with the packages that an installation has, and no others.
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, inject } from 'vitest';
import type {} from './builtPackage.ts';

const run = promisify(execFile);

/** The root of the repository. */
export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The package-lock.json entry of a package. */
interface LockedPackage {
  readonly name: string;
  /** Its folder in the repository. */
  readonly path: string;
  /** Whether only development needs it. */
  readonly dev: boolean;
  /** Whether an installation succeeds without it. */
  readonly optional: boolean;
  readonly hasInstallScript: boolean;
}

/** The packages of package-lock.json. */
export function lockedPackages(): LockedPackage[] {
  const { packages } = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8'));
  return Object.entries(packages as Record<string, Record<string, unknown>>)
    .filter(([path]) => path !== '')
    .map(([path, { dev, optional, devOptional, hasInstallScript }]) => ({
      name: path.replace(/^.*node_modules\//, ''),
      path,
      dev: dev === true,
      optional: optional === true || devOptional === true,
      hasInstallScript: hasInstallScript === true,
    }));
}

/** An installation of the packed package. */
export interface PackedPackage {
  /** The folder that has the installation in its `node_modules`; projects are folders in it. */
  readonly folder: string;
  /** The files of the package. */
  readonly files: readonly string[];
  /** The bytes of the packed file, and of all files. */
  readonly size: number;
  readonly unpackedSize: number;
  /** Writes a file of a project and returns its path. */
  write(name: string, text: string): string;
  /** Adds a package of the repository. */
  link(name: string): void;
  /** The result of an action while packages are not installed. */
  without<Result>(names: readonly string[], action: () => Promise<Result>): Promise<Result>;
}

/**
 * Packs and installs the built package, with its declarations and documents; removed after the tests.
 *
 * @param page what `bundledPage` returns; by default there is none
 */
export async function packPackage(page?: string): Promise<PackedPackage> {
  const folder = mkdtempSync(join(tmpdir(), 'package-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const staged = join(folder, 'staged');
  cpSync(join(inject('builtPackage'), 'dist'), join(staged, 'dist'), { recursive: true });
  rmSync(join(staged, 'dist/testing'), { recursive: true });
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const declarations = ['--emitDeclarationOnly', '--noCheck', '--outDir', join(staged, 'dist')];
  await run(process.execPath, [compiler, '-p', 'tsconfig.build.json', ...declarations], { cwd: repository });
  await run(process.execPath, [join(repository, 'scripts/copy-files.mjs'), join(staged, 'dist')]);
  if (page !== undefined) {
    cpSync(page, join(staged, 'dist'), { recursive: true });
  }
  for (const name of ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'docs', 'models']) {
    cpSync(join(repository, name), join(staged, name), { recursive: true });
  }
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json'], { cwd: staged });
  const [{ filename, files, size, unpackedSize }] = JSON.parse(stdout) as [
    { filename: string; files: { path: string }[]; size: number; unpackedSize: number },
  ];
  const home = join(folder, 'node_modules/emerging-flows');
  mkdirSync(home, { recursive: true });
  await run('tar', ['-xzf', join(staged, filename), '-C', home, '--strip-components=1']);
  rmSync(staged, { recursive: true });

  const link = (name: string): void => {
    const linkPath = join(folder, 'node_modules', name);
    mkdirSync(dirname(linkPath), { recursive: true });
    symlinkSync(join(repository, 'node_modules', name), linkPath, 'junction');
  };
  for (const { name, path, dev } of lockedPackages()) {
    // Optional packages for other systems are not there.
    if (!dev && path === `node_modules/${name}` && existsSync(join(repository, path))) {
      link(name);
    }
  }
  return {
    folder,
    files: files.map(({ path }) => path),
    size,
    unpackedSize,
    write(name, text) {
      const file = join(folder, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    },
    link,
    async without(names, action) {
      for (const name of names) {
        rmSync(join(folder, 'node_modules', name), { recursive: true });
      }
      try {
        return await action();
      } finally {
        names.forEach(link);
      }
    },
  };
}
