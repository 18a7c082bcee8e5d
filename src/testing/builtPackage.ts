// The package, built once for all tests; test files that change it copy it.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { compileFolder } from './compileFolder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the package, with the sources compiled as `npm run build` does. */
    builtPackage: string;
    /** Where the first test file that needs it puts the page of the studio. */
    bundledPage: string;
  }
}

/** Builds the package before the tests; returns a function that removes it afterwards. */
export default async function buildPackage(project: TestProject): Promise<(() => void) | undefined> {
  if (!project.isRootProject()) {
    // The projects of vitest.config.ts inherit what the root provides.
    return undefined;
  }
  const repository = fileURLToPath(new URL('../..', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'emerging-built-'));
  const compile = async (): Promise<void> => {
    await compileFolder(join(repository, 'src'), join(folder, 'dist'));
    execFileSync(process.execPath, [join(repository, 'scripts/bundle-commands.mjs'), join(folder, 'dist')]);
  };
  await compile();
  copyFileSync(join(repository, 'package.json'), join(folder, 'package.json'));
  for (const linked of ['node_modules', 'models']) {
    symlinkSync(join(repository, linked), join(folder, linked), 'junction');
  }
  project.provide('builtPackage', folder);
  const page = `${folder}-page`;
  project.provide('bundledPage', page);
  project.onTestsRerun(async () => {
    rmSync(page, { recursive: true, force: true });
    await compile();
  });
  return () => {
    for (const output of [folder, page]) {
      rmSync(output, { recursive: true, force: true });
    }
  };
}
