// Files of one JSON object.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { exists, readText, writeFileAtomically } from './files.ts';
import { parseJsonObject } from './jsonLines.ts';

/**
 * The object in a file; undefined where there is no file.
 *
 * @throws UserError with its name if it is damaged
 */
export function readJson<Value>(path: string): Value | undefined {
  return exists(path) ? (parseJsonObject(readText(path), path, 'delete it') as Value) : undefined;
}

/** Writes an object, whole or not at all, and the folders above it. */
export function writeJson(path: string, value: object, indent?: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileAtomically(path, `${JSON.stringify(value, null, indent)}\n`);
}
