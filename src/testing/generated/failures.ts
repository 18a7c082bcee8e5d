// Cases that once refuted a property: `npm run fuzz` writes them, and every test run tries them again.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AnyProperty, caseFromJson, caseToJson } from './property.ts';

/** Where the cases are kept: `<topic>/<hash>.json`. */
const failuresFolder = fileURLToPath(new URL('../../../golden/found', import.meta.url));

/** A case that once refuted a property. */
interface Failure {
  readonly property: string;
  readonly case: unknown;
}

/** The kept cases of a property. */
export function keptCases({ topic, name }: AnyProperty): unknown[] {
  const folder = join(failuresFolder, topic);
  return (existsSync(folder) ? readdirSync(folder) : [])
    .map((file) => caseFromJson(readFileSync(join(folder, file), 'utf8')) as Failure)
    .filter(({ property }) => property === name)
    .map((failure) => failure.case);
}

/** Keeps a case that refuted a property; returns its file. */
export function keepCase({ topic, name }: AnyProperty, testCase: unknown): string {
  const json = `${caseToJson({ property: name, case: testCase } satisfies Failure)}\n`;
  const hash = createHash('sha256').update(json).digest('hex').slice(0, 12);
  const file = join(failuresFolder, topic, `${hash}.json`);
  mkdirSync(join(failuresFolder, topic), { recursive: true });
  writeFileSync(file, json);
  return file;
}
