// Scripts of the package that run in a Node process or a thread of their own.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

/** The path of `NAMEMain.node.ts` next to the module `NAME.node.ts`, or of their compiled forms. */
export function mainBeside(module: string): string {
  return fileURLToPath(module.replace(/(\.node\.[jt]s)$/, 'Main$1'));
}

/** The arguments for Node. */
export function argumentsFor(script: string): string[] {
  return script.endsWith('.ts') ? ['-e', fromSource(script)] : [script];
}

/** A thread that runs `mainBeside(module)` with data. */
export function threadBeside(module: string, workerData: unknown): Worker {
  const script = mainBeside(module);
  return script.endsWith('.ts')
    ? new Worker(fromSource(script), { eval: true, workerData })
    : new Worker(script, { workerData });
}

/** Code that runs a script in TypeScript: the loader of this process is not active in another, nor in another thread. */
function fromSource(script: string): string {
  const [translator, main] = [import.meta.resolve('tsx/esm/api'), pathToFileURL(script).href].map((module) =>
    JSON.stringify(module),
  );
  return `import(${translator}).then(({ register }) => { register(); return import(${main}); })`;
}
