// Error messages for invalid options: one line with the path, what was expected and what was found.
import type * as z from 'zod/mini';
import { nearestNames, UserError, unknownName } from '../errors.ts';

/**
 * The error for an issue reported by the schema.
 *
 * @param issue the issue, with its input; its message completes the sentence 'model.levels must be …'
 * @param knownKeys the keys of every section by the section's name, top-level ones under ''
 */
export function explainIssue(
  issue: z.core.$ZodIssue,
  knownKeys: Readonly<Record<string, readonly string[]>>,
): UserError {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return unknownKey(path.join('.'), issue.keys[0]!, knownKeys);
  }
  const where = path.length === 0 ? 'the configuration' : path.join('.');
  if (issue.code === 'invalid_value' && typeof issue.input === 'string') {
    return unknownName(where, clip(issue.input), issue.values.map(String), 'invalid-config');
  }
  return usageError(
    issue.input === undefined
      ? `${where} is missing: give ${issue.message}`
      : `${where} must be ${issue.message}, not ${show(issue.input)}`,
  );
}

function unknownKey(
  section: string,
  key: string,
  knownKeys: Readonly<Record<string, readonly string[]>>,
): UserError {
  const sectionKeys = knownKeys[section] ?? [];
  const elsewhere = Object.entries(knownKeys)
    .filter(([, keys]) => keys.includes(key))
    .map(([name]) => (name === '' ? key : `${name}.${key}`));
  const within = (name: string): string => (section === '' ? name : `${section}.${name}`);
  const near = elsewhere.length > 0 ? elsewhere : nearestNames(key, sectionKeys).map(within);
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known: ${sectionKeys.join(', ')}`;
  return usageError(`unknown key '${clip(within(key))}': ${hint}`);
}

function usageError(message: string): UserError {
  return new UserError('invalid-config', message);
}

/** A value as a user would write it, on one line and not too long. */
export function show(value: unknown): string {
  if (value === null) {
    return 'empty';
  }
  if (typeof value === 'string') {
    return `'${clip(value)}'`;
  }
  return clip(inYaml(value, 4));
}

/** A value in the flow style of YAML, as deep as a message can show it. */
function inYaml(value: unknown, depth: number): string {
  if (typeof value === 'object' && value !== null) {
    const parts = Array.isArray(value)
      ? value.slice(0, 60).map((each) => inYaml(each, depth - 1))
      : Object.entries(value).map(([key, each]) => `${key}: ${inYaml(each, depth - 1)}`);
    const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
    return depth === 0
      ? `${open}…${close}`
      : parts.length === 0
        ? open + close
        : `${open} ${parts.join(', ')} ${close}`;
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return Number.isNaN(value) ? '.nan' : value > 0 ? '.inf' : '-.inf';
  }
  return String(value);
}

/** A text for use in a message: on one line, truncated to 60 characters. */
export function clip(text: string): string {
  const line = text.replace(/[\s\p{C}]+/gu, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
