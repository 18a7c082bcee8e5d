// Values of options with their limits and error texts: for the options of parts, and for keys of configurations.
import * as z from 'zod/mini';

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
