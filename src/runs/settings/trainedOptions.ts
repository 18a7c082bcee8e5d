// The model options that weights were trained with, as recorded beside them, and how those of a configuration differ.
import * as z from 'zod/mini';
import { UserError } from '../../core/errors.ts';
import { isShort, parsedJson } from '../../data/files/jsonText.ts';
import { type ModelOptions, modelDefaults, optionalDefaults } from '../../flows/models/index.ts';
import { clip, show } from './configErrors.ts';

/** Model options by name, as a file records them: this version may not know all of them, nor they all of its own. */
export type RecordedOptions = z.infer<typeof recordedSchema>;

/** The schema of recorded options. */
export const recordedSchema = z.record(
  z.string(),
  z.union([
    z.number(),
    z.string(),
    z.boolean(),
    z.array(
      z.union([
        z.string(),
        z.number(),
        z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.number())])),
      ]),
    ),
    z.record(z.string(), z.array(z.number())),
  ]),
);

/** The options of a model as JSON; the order in which they were set does not matter. */
export function optionsText(options: ModelOptions): string {
  return JSON.stringify(Object.fromEntries(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1))));
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

/** All options by name, those that are not set as well. */
function completed(options: object): Record<string, unknown> {
  const set = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...Object.entries({ ...optionalDefaults, ...modelDefaults }), ...set]);
}

function valueText(value: unknown): string {
  return value === undefined || value === null ? 'not set' : show(value);
}
