// Definitions of parts: all that configurations, help, menus, documents and tests need about a part, in one value.

import type { OptionSchemas } from './options.ts';

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
