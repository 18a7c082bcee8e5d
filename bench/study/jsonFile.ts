// Files with a single JSON object.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { exists, readText } from '../../src/data/files/files.ts';
import { parseJsonObject, stringifyJson } from '../../src/data/files/jsonText.ts';
import { writeFileAtomically } from '../../src/data/files/partialFiles.ts';

/**
 * The object in a file; undefined if the file does not exist.
 *
 * @throws UserError with its name if it is corrupt
 */
export function readJson<Value>(path: string): Value | undefined {
  return exists(path) ? (parseJsonObject(readText(path), path, '; delete it') as Value) : undefined;
}

/** Writes an object atomically, creating missing parent folders. */
export function writeJson(path: string, value: object, indent?: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileAtomically(path, `${stringifyJson(value, indent)}\n`);
}
