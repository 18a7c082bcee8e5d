// The parts of one kind by name: the library's, and those that users register.
import * as z from 'zod/mini';
import { call, nearestNames, phrase, UserError } from '../errors.ts';
import {
  type CompletePart,
  isDefinition,
  type OptionSchemas,
  type OptionValues,
  type PartChoice,
  type PartDefinition,
  type PartKind,
  partKinds,
  partName,
  partOptions,
} from './definition.ts';
import { clip, explainIssue, show } from './issues.ts';

interface KindOfPart {
  readonly kind: PartKind;
  /** Its name in messages. */
  readonly what: string;
  /** The key of a configuration that chooses it, with its section; or the option of a call. */
  readonly key: string;
  /** Names that cannot be chosen. */
  readonly reserved?: readonly string[];
  /** What else is wrong with a definition, if anything. */
  readonly problem?: (definition: PartDefinition) => string | undefined;
}

/** A chosen part: its definition, and all its options. */
export interface ChosenPart<Definition extends PartDefinition> {
  /** Its definition. */
  readonly definition: Definition;
  /** Its options, every default filled in. */
  readonly options: OptionValues<OptionSchemas>;
}

/** Names that can be parts of paths and of commands. */
const plainName = /^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/;
const LONGEST_NAME = 40;

/** The registries that are loaded, by kind. */
const registries = new Map<PartKind, { register(definition: never): void }>();

/** Parts that were registered before their registries were loaded. */
const waiting: PartDefinition[] = [];

/** The parts of one kind, by name. Registration is per thread. */
export class PartRegistry<Definition extends PartDefinition> {
  /** The kind of its parts. */
  readonly kind: PartKind;
  /** Its name in messages and menus. */
  readonly what: string;
  /** The key of a configuration that chooses a part, with its section. */
  readonly key: string;
  /** The library's parts, in list order; the first is the default, unless the settings have another one. */
  readonly library: readonly Definition[];
  /** Their names. */
  readonly names: readonly string[];
  private readonly about: KindOfPart;
  private readonly byName = new Map<string, Definition>();

  constructor(about: KindOfPart, library: readonly Definition[]) {
    this.about = about;
    this.kind = about.kind;
    this.what = about.what;
    this.key = about.key;
    this.library = library;
    this.names = library.map(({ name }) => name);
    for (const definition of library) {
      this.byName.set(definition.name, definition);
    }
    registries.set(about.kind, this);
    for (const definition of waiting.filter(({ kind }) => kind === about.kind)) {
      this.register(definition as Definition);
    }
  }

  /**
   * Registers a part: from then on configurations may choose it by name, and runs and exports with it can be read. If its
   * module registers the name again, the later one counts.
   *
   * @throws UserError if the name is not made of letters, digits and single hyphens, is taken by the library or by another
   * definition, or the definition is not what it must be
   */
  register(definition: Definition): void {
    const { what: subject, reserved = [] } = this.about;
    const { name, module } = definition;
    requireSound(definition, subject, this.about.problem);
    if (reserved.includes(name)) {
      throw new UserError('exists', `no ${subject} may be called ${name}: register yours under another name`);
    }
    const registered = this.byName.get(name);
    if (
      registered !== undefined &&
      registered.build !== definition.build &&
      (module === undefined || registered.module !== module)
    ) {
      const owner = this.isOfLibrary(name) ? 'the library' : (registered.module ?? 'this program');
      throw new UserError(
        'exists',
        `${owner} already has another ${subject} ${name}: register yours under another name`,
      );
    }
    this.byName.set(name, definition);
  }

  /** All parts: the library's, then those that users have registered. */
  get all(): readonly Definition[] {
    return [...this.byName.values()];
  }

  /**
   * The definition of this name.
   *
   * @throws UserError (`not-found`) if there is none
   */
  find(name: string): Definition {
    const definition = this.byName.get(name);
    if (definition === undefined) {
      throw this.unknown(name);
    }
    return definition;
  }

  /** The name of the chosen part, by default the library's first. */
  chosenName(choice: PartChoice | undefined): string {
    return partName(choice) ?? this.names[0]!;
  }

  /** Whether the library has a part of this name. */
  isOfLibrary(name: string): boolean {
    return this.names.includes(name);
  }

  /**
   * The chosen part, with all its options. A definition in place of a name is registered.
   *
   * @param choice without a name, options of the library's first part; settings name the default first
   * @throws UserError that names the key of an option that is unknown or has an invalid value
   */
  resolve(choice: PartChoice = {}): ChosenPart<Definition> {
    const { key } = this.about;
    const name = this.chosenName(choice);
    const named = typeof choice === 'object' && !isDefinition(choice) ? choice.name : choice;
    if (isDefinition(named)) {
      this.register(named as Definition);
    }
    if (typeof name !== 'string') {
      throw new UserError('invalid-config', `${key}.name must be the name of a part, not ${show(name)}`);
    }
    const definition = this.find(name);
    const schemas: OptionSchemas = definition.options;
    const result = z
      .strictObject(schemas)
      .safeParse(withoutUndefined(partOptions(choice)), { reportInput: true });
    if (!result.success) {
      throw this.explain(definition, result.error.issues[0]!);
    }
    return { definition, options: result.data };
  }

  /** A choice as files have it: the name, with all options if it has some. */
  complete(choice: PartChoice | undefined): CompletePart {
    const { definition, options } = this.resolve(choice);
    return Object.keys(options).length === 0 ? definition.name : { name: definition.name, ...options };
  }

  /** As `complete`, without those options of the library's parts that have their defaults. */
  brief(choice: PartChoice): CompletePart {
    const complete = this.complete(choice);
    const name = partName(complete);
    if (!this.isOfLibrary(name)) {
      return complete;
    }
    const defaults = partOptions(this.complete(name));
    const set = Object.entries(partOptions(complete)).filter(([option, value]) => value !== defaults[option]);
    return set.length === 0 ? name : { name, ...Object.fromEntries(set) };
  }

  /** The error for a name that is neither the library's nor registered. */
  unknown(name: string): UserError {
    const registeredNames = [...this.byName.keys()];
    const near = nearestNames(name, registeredNames);
    const hint =
      near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known: ${registeredNames.join(', ')}.`;
    return new UserError(
      'not-found',
      phrase`unknown ${this.about.key} '${clip(name)}': ${hint} Register your own first: ${call('registerPart', clip(name))}`,
    );
  }

  private explain({ name, options }: PartDefinition, issue: z.core.$ZodIssue): UserError {
    const { key, what: subject } = this.about;
    const names = Object.keys(options);
    if (issue.code === 'unrecognized_keys') {
      const option = clip(issue.keys[0]!);
      const users = this.library
        .filter((part) => Object.hasOwn(part.options, option))
        .map((part) => part.name);
      if (users.length > 0) {
        return new UserError(
          'invalid-config',
          `${key}.${option} is an option of ${users.join(', ')}, but ${key} is ${name}: leave it out or set ${key}=${users[0]}`,
        );
      }
      const near = nearestNames(option, names).map((each) => `${key}.${each}`);
      const namesText = names.length > 0 ? `its options are ${names.join(', ')}` : 'it has none';
      return new UserError(
        'invalid-config',
        `${key}.${option} is not an option of the ${subject} ${name}: ` +
          (near.length > 0 ? `did you mean ${near.join(' or ')}?` : namesText),
      );
    }
    return explainIssue({ ...issue, path: [...key.split('.'), ...issue.path] }, {});
  }
}

/**
 * Makes a part known by its name: from then on it can be chosen by name, and runs and exports with it can be read. Runs and
 * exports store its name and options, never its code. Registration is per thread: a module that threads or `--import` import
 * needs only export the definition.
 *
 * @throws UserError if the name is taken, or the definition is not what it must be
 */
export function registerPart(definition: PartDefinition): void {
  const { kind } = (definition ?? {}) as Partial<PartDefinition>;
  if (kind === undefined || !partKinds.includes(kind)) {
    throw new UserError(
      'invalid-argument',
      'registerPart needs a definition, from define.mixing, define.conditioner or another function for its kind',
    );
  }
  const registry = registries.get(kind);
  if (registry === undefined) {
    requireSound(definition, kind);
    waiting.push(definition);
  } else {
    registry.register(definition as never);
  }
}

/** Registers parts, as `registerPart` does. */
export function registerParts(definitions: readonly PartDefinition[] = []): void {
  definitions.forEach(registerPart);
}

/** Registers the definitions that a module exports, unless they have a module of their own. */
export function registerExports(exports: object, module: string): void {
  for (const definition of Object.values(exports).filter(isDefinition)) {
    registerPart(definition.module === undefined ? { ...definition, module } : definition);
  }
}

/** Throws UserError unless a definition is what it must be; `subject` is its kind in messages. */
function requireSound(
  definition: PartDefinition,
  subject: string,
  problemOfKind?: (definition: PartDefinition) => string | undefined,
): void {
  const { name } = definition;
  if (typeof name !== 'string' || !plainName.test(name) || name.length > LONGEST_NAME) {
    throw new UserError(
      'invalid-argument',
      `the name of a ${subject} consists of at most ${LONGEST_NAME} letters, digits and single hyphens, not '${clip(String(name))}'`,
    );
  }
  const problem = definitionProblem(definition) ?? problemOfKind?.(definition);
  if (problem !== undefined) {
    throw new UserError('invalid-argument', `the ${subject} ${name}: ${problem}`);
  }
}

/** The first problem of a definition; JavaScript and `--import` skip the type checker. */
function definitionProblem({ module, summary, options, build }: Partial<PartDefinition>): string | undefined {
  if (module !== undefined && (typeof module !== 'string' || !URL.canParse(module))) {
    return 'module must be the URL of the module that exports it: import.meta.url';
  }
  if (typeof build !== 'function') {
    return 'build must be a function';
  }
  if (typeof summary !== 'string' || summary === '') {
    return 'summary must be a sentence';
  }
  if (typeof options !== 'object' || options === null || Object.hasOwn(options, 'name')) {
    return "options must be an object of options by name, none of which is called 'name'";
  }
  const broken = Object.entries(options).find(([, schema]) => !isOption(schema));
  return broken && `its option ${broken[0]} must come from option(meaning, values, default)`;
}

/** Whether a schema has a meaning and a default that it accepts. */
function isOption(schema: z.ZodMiniType): boolean {
  if (!('_zod' in Object(schema))) {
    return false;
  }
  const facts = z.globalRegistry.get(schema);
  return facts?.description !== undefined && schema.safeParse(undefined).success;
}

function withoutUndefined(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
