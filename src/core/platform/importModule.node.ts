// Imports a module of the user for what it does.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { UserError } from '../errors.ts';

const imported = new Set<string>();

/** The URLs of the modules that `importModule` has imported in this thread. */
export function importedModules(): readonly string[] {
  return [...imported];
}

/**
 * Imports a module by its URL, and returns what it exports.
 *
 * @throws UserError if there is none, or it fails
 */
export async function importModule(url: string): Promise<object> {
  try {
    // Before the first attempt, since Node remembers a failure.
    if (!isMainThread && /\.[cm]?tsx?$/.test(url)) {
      await registerTsx();
    }
    const exports: object = await import(url);
    imported.add(url);
    return exports;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const remedy =
      (cause as NodeJS.ErrnoException | undefined)?.code === 'ERR_UNKNOWN_FILE_EXTENSION'
        ? '; compile it to JavaScript, or use a version of Node that runs TypeScript (22.18 or later)'
        : '';
    throw new UserError('invalid-argument', `the module ${url} cannot be imported: ${reason}${remedy}`, {
      cause,
    });
  }
}

/** If this program was started with tsx, lets it translate modules in this thread too, which it doesn't on Node 20. */
async function registerTsx(): Promise<void> {
  const named = process.execArgv.map((argument) => argument.replace(/^--import=/, ''));
  const loader = named.includes('tsx')
    ? pathToFileURL(createRequire(join(process.cwd(), 'program.js')).resolve('tsx')).href
    : named.find((argument) => /^file:.*\/tsx\/dist\/loader\.mjs$/.test(argument));
  if (loader !== undefined) {
    const { register } = await import(new URL('./esm/api/index.mjs', loader).href);
    register();
  }
}
