// The mixings that users register, beside those of the library; what a model asks of either is asked here.
import { call, nearestNames, phrase, UserError } from '../errors.ts';
import type { Bijection } from '../flows/bijection.ts';
import { type ImageShape, showImageShape } from '../numeric/imageShape.ts';
import { type KernelOrigin, type Mixing, type MixingOptions, mixingNames, mixings } from './mixing.ts';

/** The name of a mixing: one of the library, or one that is registered. */
export type MixingName = Mixing | (string & Record<never, never>);

/** A mixing of one's own. */
export interface OwnMixing {
  /**
   * The URL of the module that registers it, `import.meta.url`. Threads that compute gradients import it, so it must be
   * a module of its own: one that also trains would train again in each of them. In a page the script of the worker
   * imports it instead.
   */
  readonly module: string;
  /** The options that its layers use, and whose values are checked against the images; by default none. */
  readonly options?: readonly (keyof MixingOptions)[];
  /**
   * Its layers for images of a shape, first to last, by the keys in their parameters' paths, which may be neither `actnorm`
   * nor `coupling`. Every call with the same arguments returns the same layers.
   */
  layers(shape: ImageShape, options: MixingOptions): Readonly<Record<string, Bijection>>;
}

const registered = new Map<string, OwnMixing>();

/** Names that can be parts of paths and of commands. */
const plainName = /^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/;
const LONGEST_NAME = 40;

/**
 * Registers a mixing of one's own: from then on `mixing` of `Glow` and `model.mixing` of configurations may be its name,
 * and runs and exports with it can be read. If its module registers the name again, the later one counts.
 *
 * @throws UserError if the name is not made of letters, digits and single hyphens, is that of a mixing of the library, or is
 * registered by another module; or if `module`, `options` or `layers` is not what it must be
 */
export function registerMixing(name: string, mixing: OwnMixing): void {
  if (typeof name !== 'string' || !plainName.test(name) || name.length > LONGEST_NAME) {
    throw new UserError(
      'invalid-argument',
      `the name of a mixing consists of at most ${LONGEST_NAME} letters, digits and single hyphens, not '${name}'`,
    );
  }
  const problem = problemOf(mixing);
  if (problem !== undefined) {
    throw new UserError('invalid-argument', `the mixing ${name}: ${problem}`);
  }
  const other = registered.get(name)?.module ?? mixing.module;
  if (isOfLibrary(name) || other !== mixing.module) {
    const where = isOfLibrary(name) ? 'the library has' : `${other} has registered`;
    throw new UserError('exists', `${where} a mixing ${name} already: register yours under another name`);
  }
  registered.set(name, mixing);
}

/** What is wrong with a definition that no compiler has checked. */
function problemOf(mixing: Partial<OwnMixing> | undefined): string | undefined {
  const { module, options = [], layers } = mixing ?? {};
  if (typeof module !== 'string' || !URL.canParse(module)) {
    return `module must be the URL of the module that registers it: import.meta.url`;
  }
  if (typeof layers !== 'function') {
    return 'layers must be a function of the shape and the options';
  }
  const known = new Set<string>(Object.values(mixings).flatMap((definition) => definition.options));
  const unknown = Array.isArray(options) ? options.filter((option) => !known.has(option)) : [options];
  return unknown.length > 0
    ? `options must be a list of some of ${[...known].join(', ')}, not ${unknown.join(', ')}`
    : undefined;
}

/** Whether a mixing of this name can be used. */
export function isMixing(name: string): boolean {
  return isOfLibrary(name) || registered.has(name);
}

/** The error for a name that is neither of the library nor registered. */
export function unknownMixing(name: string): UserError {
  const known = [...mixingNames, ...registered.keys()];
  const near = nearestNames(name, known);
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known: ${known.join(', ')}.`;
  return new UserError(
    'not-found',
    phrase`unknown model.mixing '${name}': ${hint} One of your own must be registered first: ${call('registerMixing', name)}`,
  );
}

/**
 * The options that a mixing uses.
 *
 * @throws UserError if there is no mixing of this name
 */
export function optionsOfMixing(name: MixingName): readonly (keyof MixingOptions)[] {
  return definitionOf(name).options ?? [];
}

/** Where in the kernel of a mixing the pixel itself is. */
export function kernelOriginOf(name: MixingName): KernelOrigin {
  return (isOfLibrary(name) && mixings[name].kernelOrigin) || 'centre';
}

/**
 * The layers of a mixing for images of a shape.
 *
 * @throws UserError if there is no mixing of this name
 */
export function layersOfMixing(
  name: MixingName,
  shape: ImageShape,
  options: MixingOptions,
): Readonly<Record<string, Bijection>> {
  const layers = definitionOf(name).layers(shape, options);
  const problem = registered.has(name) ? problemOfLayers(layers, shape) : undefined;
  if (problem !== undefined) {
    throw new Error(`mixing '${name}': ${problem}`);
  }
  return layers;
}

/** What is wrong with the layers that a mixing of one's own returns for images of a shape. */
function problemOfLayers(layers: unknown, shape: ImageShape): string | undefined {
  if (typeof layers !== 'object' || layers === null || Array.isArray(layers) || layers instanceof Promise) {
    return 'layers must return an object of bijections by their keys, at once';
  }
  const entries = Object.entries(layers as Record<string, Partial<Bijection>>);
  if (entries.length === 0) {
    return 'layers must return at least one bijection';
  }
  for (const [key, layer] of entries) {
    if (key === 'actnorm' || key === 'coupling') {
      return `the layer '${key}' needs another key: every flow step has one of it`;
    }
    const missing = ['name', 'inputShape', 'outputShape', 'parameters', 'forward', 'inverse'].filter(
      (part) => (layer as Record<string, unknown> | undefined)?.[part] === undefined,
    );
    if (missing.length > 0) {
      return `the layer '${key}' is no bijection: it has no ${missing.join(', no ')}`;
    }
  }
  const { outputShape } = entries.at(-1)![1] as Bijection;
  return String(outputShape) === String(shape)
    ? undefined
    : `its layers take images ${showImageShape(shape)} and return ${showImageShape(outputShape)}: both must be the same`;
}

/** The URL of the module that registers a mixing; undefined for those of the library. */
export function moduleOfMixing(name: MixingName): string | undefined {
  return registered.get(name)?.module;
}

function definitionOf(name: MixingName): Pick<OwnMixing, 'options' | 'layers'> {
  const definition = isOfLibrary(name) ? mixings[name] : registered.get(name);
  if (definition === undefined) {
    throw unknownMixing(name);
  }
  return definition;
}

/** Whether a mixing is one of the library. */
export function isOfLibrary(name: MixingName): name is Mixing {
  return Object.hasOwn(mixings, name);
}
