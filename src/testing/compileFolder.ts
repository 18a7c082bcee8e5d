// Sources compiled to JavaScript like `npm run build`, but without checking types.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const compilerOptions: ts.CompilerOptions = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2023,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};

/** Compiles all files of a folder but its tests into another folder. */
export function compileFolder(sources: string, target: string): void {
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
}
