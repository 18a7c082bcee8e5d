// The examples in documents and doc comments.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The examples in a document that are marked as runnable. */
export function examplesInDocument(file: string): string[] {
  const blocks = readFileSync(join(repository, file), 'utf8').matchAll(
    /<!-- example: run as a test -->\n```ts\n([\s\S]*?)```/g,
  );
  return [...blocks].map(([, code]) => code!);
}

/** The other programs in a document, as one module. */
export function shownProgram(file: string): string {
  const blocks = readFileSync(join(repository, file), 'utf8').matchAll(
    /(?<!<!-- example: run as a test -->\n)```ts\n(import [\s\S]*?)```/g,
  );
  return [...blocks].map(([, code]) => code!).join('');
}

/** The examples in the doc comments of the sources. */
export function examplesInComments(): string[] {
  const sources = readdirSync(join(repository, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  );
  return sources.flatMap((file) => {
    const text = readFileSync(join(repository, 'src', file), 'utf8');
    return [...text.matchAll(/ \* @example\n \* ```ts\n([\s\S]*?) \* ```/g)].map(([, lines]) =>
      lines!.replace(/^ \* ?/gm, ''),
    );
  });
}

/** The name of a module that another example imports, from its first line. */
export function moduleName(code: string): string | undefined {
  return /^\/\/ (\w+)\.mts\n/.exec(code)?.[1];
}
