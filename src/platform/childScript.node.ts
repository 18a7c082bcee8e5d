// Scripts of the package that run in a Node process of their own.
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The path of `NAMEMain.node.ts` beside the module `NAME.node.ts`, or of their compiled forms. */
export function mainBeside(module: string): string {
  return fileURLToPath(module.replace(/(\.node\.[jt]s)$/, 'Main$1'));
}

/** The arguments for Node; when running from the sources, the process has to transpile TypeScript first. */
export function argumentsFor(script: string): string[] {
  if (!script.endsWith('.ts')) {
    return [script];
  }
  const [translator, main] = [import.meta.resolve('tsx/esm/api'), pathToFileURL(script).href].map((module) =>
    JSON.stringify(module),
  );
  return ['-e', `import(${translator}).then(({ register }) => { register(); return import(${main}); })`];
}
