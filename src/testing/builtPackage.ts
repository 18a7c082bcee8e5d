// The sources compiled to JavaScript once for all test files, which copy them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { compileFolder } from './compileFolder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the compiled sources. */
    compiledSources: string;
    /** Where the first test file that needs it puts the page of the studio. */
    bundledPage: string;
  }
}

/** Compiles the sources before the tests; returns what removes them afterwards. */
export default async function compileSources(project: TestProject): Promise<() => void> {
  const target = mkdtempSync(join(tmpdir(), 'emerging-dist-'));
  await compileFolder(fileURLToPath(new URL('..', import.meta.url)), target);
  project.provide('compiledSources', target);
  const page = `${target}-page`;
  project.provide('bundledPage', page);
  return () => {
    for (const folder of [target, page]) {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}
