// Sources compiled to JavaScript like `npm run build`, but without checking types.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** Keeps every import, but names the compiled file. */
const compiledImports: Plugin = {
  name: 'compiled imports',
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === 'entry-point'
        ? undefined
        : { path: path.replace(/^(\.{1,2}\/.*)\.ts$/, '$1.js'), external: true },
    );
  },
};

/** Compiles all files of a folder but its tests into another folder. */
export async function compileFolder(sources: string, target: string): Promise<void> {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' });
  await build({
    entryPoints: files
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => join(sources, file)),
    outdir: target,
    outbase: sources,
    // One file for each, with all that is in it: bundling only resolves the imports.
    bundle: true,
    treeShaking: false,
    plugins: [compiledImports],
    format: 'esm',
    target: 'es2023',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    logLevel: 'warning',
  });
}
