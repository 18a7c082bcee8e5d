// The parts of a model that its options choose by name: the library's, and those that users register.
import { type CallName, call, nearestNames, phrase, UserError } from '../../core/errors.ts';

/** What every part has in common. */
export interface NamedPart {
  /** The model options that it uses, and whose values are checked against the images; by default none. */
  readonly options?: readonly string[];
}

/** A user's own part. */
export type Own<Part> = Part & {
  /**
   * The URL of the module that registers it, `import.meta.url`. Threads that compute gradients import it, so it must be
   * a module of its own: one that also trains would train again in each of them. In a page the script of the worker
   * imports it instead.
   */
  readonly module: string;
};

/** A kind of part. */
interface PartKind<Part> {
  /** Its name in messages. */
  readonly what: string;
  /** The model option that chooses it. */
  readonly key: string;
  /** The function that registers one. */
  readonly register: CallName;
  /** The function that a definition must have, and what it is a function of, for messages. */
  readonly builder: { readonly name: keyof Part & string; readonly from: string };
}

/** Names that can be parts of paths and of commands. */
const plainName = /^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/;
const LONGEST_NAME = 40;

/** The parts of one kind, by name. Registration is per thread. */
export class PartRegistry<Part extends NamedPart> {
  /** The names of the library's parts, in the order in which they are listed. */
  readonly names: readonly string[];
  private readonly kind: PartKind<Part>;
  private readonly library: Readonly<Record<string, Part>>;
  private readonly registered = new Map<string, Own<Part>>();

  constructor(kind: PartKind<Part>, library: Readonly<Record<string, Part>>) {
    this.kind = kind;
    this.library = library;
    this.names = Object.keys(library);
  }

  /**
   * Registers a part: from then on configurations may choose it by name, and runs and exports with it can be read. If its
   * module registers the name again, the later one counts.
   *
   * @throws UserError if the name is not made of letters, digits and single hyphens, is taken by the library or by another
   * module, or the definition is not what it must be
   */
  register(name: string, part: Own<Part>): void {
    const { what } = this.kind;
    if (typeof name !== 'string' || !plainName.test(name) || name.length > LONGEST_NAME) {
      throw new UserError(
        'invalid-argument',
        `the name of a ${what} consists of at most ${LONGEST_NAME} letters, digits and single hyphens, not '${name}'`,
      );
    }
    const problem = this.problemOf(part);
    if (problem !== undefined) {
      throw new UserError('invalid-argument', `the ${what} ${name}: ${problem}`);
    }
    const other = this.registered.get(name)?.module ?? part.module;
    if (this.isOfLibrary(name) || other !== part.module) {
      const where = this.isOfLibrary(name) ? 'the library already has' : `${other} has already registered`;
      throw new UserError('exists', `${where} a ${what} ${name}: register yours under another name`);
    }
    this.registered.set(name, part);
  }

  /**
   * The part of this name.
   *
   * @throws UserError (`not-found`) if there is none
   */
  find(name: string): Part {
    const part = this.isOfLibrary(name) ? this.library[name] : this.registered.get(name);
    if (part === undefined) {
      throw this.unknown(name);
    }
    return part;
  }

  /** Whether there is a part of this name. */
  has(name: string): boolean {
    return this.isOfLibrary(name) || this.registered.has(name);
  }

  /** Whether the library has a part of this name. */
  isOfLibrary(name: string): boolean {
    return Object.hasOwn(this.library, name);
  }

  /** The URL of the module that registered a part; undefined for the library's. */
  moduleOf(name: string): string | undefined {
    return this.registered.get(name)?.module;
  }

  /** The names of the library's parts that use a model option. */
  usersOf(option: string): string[] {
    return this.names.filter((name) => this.library[name]!.options?.includes(option));
  }

  /** The error for a name that is neither the library's nor registered. */
  unknown(name: string): UserError {
    const known = [...this.names, ...this.registered.keys()];
    const near = nearestNames(name, known);
    const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known: ${known.join(', ')}.`;
    const { key, register } = this.kind;
    return new UserError(
      'not-found',
      phrase`unknown ${key} '${name}': ${hint} Register your own first: ${call(register, name)}`,
    );
  }

  /** What is wrong with a definition that no compiler has checked. */
  private problemOf(part: Partial<Own<Part>> | undefined): string | undefined {
    const { builder } = this.kind;
    const { module, options = [] } = part ?? {};
    if (typeof module !== 'string' || !URL.canParse(module)) {
      return 'module must be the URL of the module that registers it: import.meta.url';
    }
    if (typeof part?.[builder.name] !== 'function') {
      return `${builder.name} must be a function of ${builder.from}`;
    }
    const known = new Set(Object.values(this.library).flatMap((one) => one.options ?? []));
    const unknown = Array.isArray(options) ? options.filter((option) => !known.has(option)) : [options];
    return unknown.length > 0
      ? `options must be a list of some of ${[...known].join(', ')}, not ${unknown.join(', ')}`
      : undefined;
  }
}
