// Definitions of parts: all that configurations, help, menus, documents and tests need about a part, in one value; and the
// values of options with their limits and error texts, for the options of parts and for keys of configurations.
import * as z from 'zod/mini';

/** The kinds of parts. */
export const partKinds = [
  'flow',
  'mixing',
  'mask',
  'conditioner',
  'transformer',
  'prior',
  'dequantiser',
  'optimizer',
  'score',
] as const;

/** A kind of part. */
export type PartKind = (typeof partKinds)[number];

/** The definition of a part that is chosen by name. Each kind adds what its `build` takes and returns. */
export interface PartDefinition<Schemas extends OptionSchemas = OptionSchemas> {
  /** Its kind. */
  readonly kind: PartKind;
  /** The name that it is chosen by: letters, digits and single hyphens. */
  readonly name: string;
  /** One sentence, for help, menus and documents. */
  readonly summary: string;
  /** Its options. */
  readonly options: Schemas;
  /**
   * The URL of the module that exports the definition, `import.meta.url`. Threads import the module, so it must be one that
   * does nothing else. Without one, everything runs in one thread. Modules that `--import` names need none.
   */
  readonly module?: string;
  /** Builds the part; called with its options, every default filled in. */
  build(...args: never[]): unknown;
}

/** The argument of helpers such as `define.mixing`; `options` can be left out if there are none. */
export type PartialDefinition<Definition extends PartDefinition> = Omit<Definition, 'kind' | 'options'> & {
  /** Its options, by name; by default none. */
  readonly options?: Definition['options'];
};

/** A chosen part, with options: an omitted option has its default, or keeps its value in a changed configuration. */
export interface PartSettings {
  /** Its name; without one, the options apply to the part that is already chosen. */
  readonly name?: string;
  readonly [option: string]: unknown;
}

/** A choice of a part: its name, its name with options, or, in code, its definition. */
export type PartChoice =
  | string
  | PartSettings
  | PartDefinition
  | {
      /** Its definition. */
      readonly name: PartDefinition;
      readonly [option: string]: unknown;
    };

/** A chosen part as files have it: its name, with all its options if it has some. */
export type CompletePart =
  | string
  | {
      /** The name of its definition. */
      readonly name: string;
      readonly [option: string]: unknown;
    };

/** Whether a value is a definition of a part. */
export function isDefinition(value: unknown): value is PartDefinition {
  const { kind, name, build } = (value ?? {}) as Partial<PartDefinition>;
  return typeof kind === 'string' && typeof name === 'string' && typeof build === 'function';
}

/** The name of a chosen part; undefined if only options are set. */
export function partName(choice: CompletePart): string;
export function partName(choice: PartChoice | undefined): string | undefined;
export function partName(choice: PartChoice | undefined): string | undefined {
  if (typeof choice !== 'object') {
    return choice;
  }
  return isDefinition(choice) ? choice.name : partName(choice.name);
}

/** The options that a choice sets. */
export function partOptions(choice: PartChoice | undefined): Readonly<Record<string, unknown>> {
  if (typeof choice !== 'object' || isDefinition(choice)) {
    return {};
  }
  const { name: _, ...options } = choice;
  return options;
}

/** A chosen part with changes: another name drops its options, the same one or none keeps them. */
export function changedPart(lower: PartChoice, upper: PartChoice): PartChoice {
  const name = partName(upper);
  if (name !== undefined && name !== partName(lower)) {
    return upper;
  }
  const options = { ...partOptions(lower), ...partOptions(upper) };
  const chosen = [upper, lower].map(nameOrDefinition).find((each) => each !== undefined);
  return chosen !== undefined && Object.keys(options).length === 0
    ? chosen
    : ({ ...(chosen !== undefined && { name: chosen }), ...options } as PartChoice);
}

function nameOrDefinition(choice: PartChoice): string | PartDefinition | undefined {
  return typeof choice === 'object' && !isDefinition(choice) ? choice.name : choice;
}

// Each error text states what is expected and completes the sentence 'model.levels must be …'. Every number but the seed has
// an upper bound, far above what anyone trains: a configuration may come from a stranger, and must not decide how long a loop
// runs or how much memory is allocated.

/** A whole number from `minimum` to `maximum`. */
export function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER) {
  const error =
    maximum === Number.MAX_SAFE_INTEGER
      ? `a whole number of ${minimum} or more`
      : `a whole number from ${minimum} to ${maximum}`;
  return z.int(error).check(z.minimum(minimum, error), z.maximum(maximum, error));
}

/** An odd whole number from `minimum` to `maximum`. */
export function oddNumber(minimum: number, maximum: number) {
  const error = `an odd whole number from ${minimum} to ${maximum}`;
  return z.int(error).check(
    z.minimum(minimum, error),
    z.maximum(maximum, error),
    z.refine((value: number) => value % 2 === 1, error),
  );
}

/** A number from `minimum` to `maximum`. */
export function numberFrom(minimum: number, maximum: number) {
  const error = `a number from ${minimum} to ${maximum}`;
  return z.number(error).check(z.minimum(minimum, error), z.maximum(maximum, error));
}

/** A number from 0 (included) to 1 (excluded). */
export function fraction(error = 'a number of at least 0 and below 1') {
  return z.number(error).check(z.minimum(0, error), z.lt(1, error));
}

/** A number above 0, at most `maximum`. */
export function positive(maximum: number, error = `a number above 0 and at most ${maximum}`) {
  return z.number(error).check(z.gt(0, error), z.maximum(maximum, error));
}

/** One of some names. */
export function choice<const Names extends readonly string[]>(names: Names) {
  return z.enum(names, `one of ${names.join(', ')}`);
}

/** The options of a part by name, each with its meaning, its limits and its default. */
export type OptionSchemas = Readonly<Record<string, z.ZodMiniType>>;

/** The values of options, every default filled in. */
export type OptionValues<Schemas extends OptionSchemas> = {
  readonly [Name in keyof Schemas]: z.output<Schemas[Name]>;
};

/**
 * An option of a part.
 *
 * @param meaning one sentence, for help, menus and documents
 * @param values what it accepts; the error text completes 'model.mixing.kernelSize must be …'
 * @param fallback its default. Files may leave out an option with its default, so it must never change
 * @example
 * ```ts
 * import { limits, option } from 'emerging-flows/flows';
 *
 * const strength = option('How strongly the network acts.', limits.numberFrom(0, 1), 0.5);
 * ```
 */
export function option<Values extends z.ZodMiniType>(
  meaning: string,
  values: Values,
  fallback: z.output<Values>,
): z.ZodMiniDefault<Values> {
  return z
    ._default(values, fallback as never)
    .check(z.meta({ description: meaning, default: fallback })) as z.ZodMiniDefault<Values>;
}

/** An option's row in a table. */
export interface OptionFacts {
  /** Its name. */
  readonly name: string;
  /** In one sentence. */
  readonly meaning: string;
  /** Filled in where it is left out. */
  readonly default: unknown;
  /** The values it accepts, in words. */
  readonly range: string;
}

/** The table rows of options. */
export function describeOptions(schemas: OptionSchemas): OptionFacts[] {
  return Object.entries(schemas).map(([name, schema]) => {
    const { description = '', default: fallback } = z.globalRegistry.get(schema) ?? {};
    return { name, meaning: description, default: fallback, range: rangeText(schema) };
  });
}

/** The values that a schema accepts, in words: the error for a value that can never be valid. */
export function rangeText(schema: z.ZodMiniType): string {
  return schema.safeParse(Symbol('no value')).error!.issues[0]!.message;
}
