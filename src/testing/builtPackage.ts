// The sources compiled to JavaScript once for all test files, which copy them: compiling takes seconds, and many
// files start the command.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the compiled sources. */
    compiledSources: string;
    /** Where the first test file that needs it puts the page of the studio. */
    bundledPage: string;
  }
}

/**
 * Compiles the sources before the tests, like `npm run build` but without checking types; returns what removes them
 * afterwards.
 */
export default function compileSources(project: TestProject): () => void {
  const target = mkdtempSync(join(tmpdir(), 'emerging-dist-'));
  const sources = fileURLToPath(new URL('..', import.meta.url));
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
      const compiled = join(target, file.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(compiled), { recursive: true });
      writeFileSync(compiled, outputText);
    }
  }
  project.provide('compiledSources', target);
  const page = `${target}-page`;
  project.provide('bundledPage', page);
  return () => {
    for (const folder of [target, page]) {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}
