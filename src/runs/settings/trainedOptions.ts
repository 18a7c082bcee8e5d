// The model options that weights were trained with, as recorded with them, and how a configuration's differ.
import * as z from 'zod/mini';
import { UserError } from '../../core/errors.ts';
import {
  clip,
  describeOptions,
  type PartChoice,
  partName,
  partOptions,
  show,
} from '../../core/parts/index.ts';
import { isShort, parsedJson } from '../../data/files/index.ts';
import { type ModelOptions, modelDefaults, recordedOptions } from '../../flows/models/index.ts';
import { configSchema, keyFacts, partsFor } from './configSchema.ts';

/** Model options by name, as a file records them: this version may not know all of them, nor they all of its own. */
export type RecordedOptions = z.infer<typeof recordedSchema>;

const plainValue = z.union([z.number(), z.string(), z.boolean()]);
/** The options of a part, or the fields of a condition. */
const fields = z.record(z.string(), z.union([plainValue, z.array(plainValue)]));

/** The schema of recorded options. */
export const recordedSchema = z.record(
  z.string(),
  z.union([plainValue, z.array(z.union([plainValue, fields])), fields]),
);

/** The options of a model as JSON; their order does not matter. */
export function optionsText(options: ModelOptions): string {
  const entries = Object.entries(recordedOptions(options)).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(entries));
}

/** The options in a text of `optionsText`; null if it is none. */
export function recordedIn(text: string): RecordedOptions | null {
  const options = parsedJson(text);
  return (isShort(options) ? recordedSchema.safeParse(options).data : undefined) ?? null;
}

/** The most differences that an error lists. */
const MOST_LISTED = 4;

/**
 * Checks that weights were trained with these options: others often fit the same weights, but define another model.
 * Missing options have their defaults.
 *
 * @param options the options to use
 * @param source their file, for the error
 * @param trained the options recorded with the weights
 * @param weights the file of the weights, for the error
 * @throws UserError (`mismatch`) that names each option that differs, with both values
 */
export function requireTrainedOptions(
  options: object,
  source: string,
  trained: object,
  weights: string,
): void {
  const [now, before] = [completed(options), completed(trained)];
  const differences = Object.keys({ ...before, ...now })
    .filter((key) => JSON.stringify(now[key]) !== JSON.stringify(before[key]))
    .map(
      (key) => `model.${clip(key)} is ${valueText(now[key])}, but was ${valueText(before[key])} in training`,
    );
  if (differences.length > 0) {
    const others = differences.length - MOST_LISTED;
    const listed = differences.slice(0, MOST_LISTED).join('; ') + (others > 0 ? `; and ${others} more` : '');
    throw new UserError(
      'mismatch',
      `${source} does not match the weights in ${weights}: ${listed}. Restore ${source}, or the matching weights`,
    );
  }
}

/** All options by name, including unset ones and parts' options: `mixing`, `mixing.kernelSize`. */
function completed(options: object): Record<string, unknown> {
  const { shape } = configSchema.shape.model;
  const implied = Object.entries(shape).map(([key, schema]) => {
    const facts = keyFacts(schema);
    return [key, facts.default ?? facts.implied ?? null];
  });
  const set = Object.entries(options).filter(([, value]) => value !== undefined);
  const allSettings = {
    ...Object.fromEntries(implied),
    bits: modelDefaults.bits,
    ...Object.fromEntries(set),
  };
  return Object.fromEntries(Object.entries(allSettings).flatMap(([key, value]) => flattened(key, value)));
}

/** An option by its name; a part by the names of its options too, those that are not set as well. */
function flattened(key: string, value: unknown): [string, unknown][] {
  const registry = partsFor('model', key);
  if (registry === undefined || value === null) {
    return [[key, value]];
  }
  const choice = value as PartChoice;
  const name = partName(choice);
  const definition = registry.all.find((part) => part.name === name);
  const defaults = describeOptions(definition?.options ?? {}).map((option) => [option.name, option.default]);
  const options = { ...Object.fromEntries(defaults), ...partOptions(choice) };
  return [
    [key, name],
    ...Object.entries(options).map(([option, setting]): [string, unknown] => [`${key}.${option}`, setting]),
  ];
}

function valueText(value: unknown): string {
  return value === undefined || value === null ? 'not set' : show(value);
}
