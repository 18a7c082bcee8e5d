// Configurations: defaults and validation.

import type * as z from 'zod/mini';
import { UserError } from '../../core/errors.ts';
import { largestDivisor } from '../../core/numeric/index.ts';
import {
  changedPart,
  explainIssue,
  isDefinition,
  type PartChoice,
  type PartDefinition,
  type PartRegistry,
  partName,
} from '../../core/parts/index.ts';
import {
  type Config,
  type ConfigLayer,
  configSchema,
  keyFacts,
  layerSchema,
  partsOfSections,
} from './configSchema.ts';

/** Pairs of `training` keys that set the same thing in different units: setting one removes the other. */
export const exclusivePairs = [
  ['warmupEpochs', 'warmupSteps'],
  ['epochs', 'steps'],
] as const;

const { data, model, training } = configSchema.shape;

/**
 * The defaults. `data.name` has none, `model.bits` defaults to the images' bits, `microBatch` to `batchSize`, and options
 * of parts have the defaults of their definitions.
 */
export const defaults: ConfigLayer = {
  seed: keyFacts(configSchema.shape.seed).default as number,
  data: defaultsIn(data.shape),
  model: defaultsIn(model.shape),
  training: defaultsIn(training.shape),
};

function defaultsIn(keys: Readonly<Record<string, z.ZodMiniType>>): object {
  return Object.fromEntries(
    Object.entries(keys).flatMap(([key, schema]) => {
      const { default: fallback } = keyFacts(schema);
      return fallback === undefined ? [] : [[key, fallback]];
    }),
  );
}

const knownKeys: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(configSchema.shape),
  data: Object.keys(data.shape),
  model: Object.keys(model.shape),
  training: Object.keys(training.shape),
  // For those who look for the option of a part in its section.
  ...Object.fromEntries(
    Object.values(partsOfSections)
      .flatMap((registries) => Object.values(registries))
      .map(({ key, library }) => [key, library.flatMap(({ options }) => Object.keys(options))]),
  ),
};

/** @internal Validates a value by a schema of the configuration. */
export function check<Output>(schema: z.ZodMiniType<Output>, value: unknown): Output {
  const result = schema.safeParse(value, { reportInput: true });
  if (!result.success) {
    throw explainIssue(result.error.issues[0]!, knownKeys);
  }
  return result.data;
}

/**
 * Validates a value as a layer of a configuration. Options of parts that it does not name are checked once they are merged.
 *
 * @throws UserError that names the first unknown key, invalid value or mutually exclusive pair of keys
 */
export function checkLayer(value: unknown): ConfigLayer {
  const layer = check(layerSchema, namedParts(value)) as ConfigLayer;
  requireOneOfEach([layer]);
  mapParts(layer, (choice, registry) => {
    if (partName(choice) !== undefined) {
      registry.resolve(choice);
    }
    return choice;
  });
  return layer;
}

/** Refuses layers of equal priority that set one quantity in two units. */
export function requireOneOfEach(layers: readonly ConfigLayer[]): void {
  for (const [first, second] of exclusivePairs) {
    const sets = (key: typeof first | typeof second) =>
      layers.some(({ training }) => training?.[key] !== undefined);
    if (sets(first) && sets(second)) {
      throw new UserError(
        'invalid-config',
        `training.${first} and training.${second} are mutually exclusive: keep one of them`,
      );
    }
  }
}

/** A value with definitions of parts replaced by their names; registers them. */
function namedParts(value: unknown): unknown {
  const sections = Object.entries(partsOfSections).flatMap(([section, registries]) => {
    const keys = Object(Object(value)[section]) as Readonly<Record<string, unknown>>;
    const named = Object.entries(registries).flatMap(([key, registry]) => {
      const choice = keys[key];
      const { name } = Object(choice) as { name?: unknown };
      const definition = [choice, name].find(isDefinition);
      if (definition === undefined) {
        return [];
      }
      registry.register(definition);
      const options = isDefinition(choice) ? {} : Object(choice);
      return [[key, { ...options, name: definition.name }]];
    });
    return named.length === 0 ? [] : [[section, { ...keys, ...Object.fromEntries(named) }]];
  });
  return sections.length === 0 ? value : { ...Object(value), ...Object.fromEntries(sections) };
}

/** Sections of a configuration, as layers and complete ones have them. */
type Sections = Readonly<Record<string, unknown>>;

/** A configuration with other parts; those that are not chosen stay so. */
function mapParts<Layer extends object>(
  layer: Layer,
  map: (choice: PartChoice, registry: PartRegistry<PartDefinition>) => PartChoice,
): Layer {
  const sections = Object.entries(partsOfSections).flatMap(([section, registries]) => {
    const values = (layer as Sections)[section] as Readonly<Record<string, PartChoice>> | undefined;
    const mapped = Object.entries(registries).flatMap(([key, registry]) => {
      const choice = values?.[key];
      return choice === undefined ? [] : [[key, map(choice, registry)]];
    });
    return values === undefined ? [] : [[section, { ...values, ...Object.fromEntries(mapped) }]];
  });
  return { ...layer, ...Object.fromEntries(sections) };
}

/**
 * The changes of a section's parts by an upper layer, as `changedPart` makes them.
 *
 * @param section `model` or `training`
 */
export function changedParts(section: string, lower: object = {}, upper: object = {}): object {
  const [before, after] = [lower, upper] as [Record<string, PartChoice>, Record<string, PartChoice>];
  const changed = Object.keys(partsOfSections[section]!).flatMap((key) => {
    const [below, above] = [before[key], after[key]];
    return below === undefined || above === undefined ? [] : [[key, changedPart(below, above)]];
  });
  return Object.fromEntries(changed);
}

/**
 * The model of a partial configuration, every default filled in.
 *
 * @throws UserError as `checkLayer` does
 */
export function modelOptions(model: unknown): Config['model'] {
  const layer = checkLayer({ model }).model;
  const merged = { ...defaults.model, ...layer, ...changedParts('model', defaults.model, layer) };
  return completeParts({ model: check(configSchema.shape.model, merged) }).model;
}

/** A configuration whose parts have all their options. */
function completeParts<Layer extends object>(config: Layer): Layer {
  return mapParts(config, (choice, registry) => registry.complete(choice));
}

/**
 * The complete configuration of a merged layer.
 *
 * @throws UserError if a key without a default is missing, or values are inconsistent
 */
export function completeConfig(layer: ConfigLayer): Config {
  const { batchSize, microBatch = batchSize } = layer.training ?? {};
  const config = completeParts(
    check(configSchema, { ...layer, training: { ...layer.training, microBatch } }),
  );
  requireDivisor(config.training);
  requireLearnedPrior(config.model);
  requireConditionOfData(config);
  requireNoNoise(config.model);
  requireOneKind(config.model);
  return config;
}

function requireDivisor({ batchSize, microBatch }: Config['training']): void {
  if (batchSize % microBatch !== 0) {
    const divisor = largestDivisor(batchSize, microBatch);
    throw new UserError(
      'invalid-config',
      `training.microBatch is ${microBatch} and training.batchSize ${batchSize}: ` +
        `the first must divide the second; set, for example, training.microBatch=${divisor}`,
    );
  }
}

function requireLearnedPrior({ classes, learnedPrior }: Config['model']): void {
  if (classes !== undefined && !learnedPrior) {
    throw new UserError(
      'invalid-config',
      'model.classes makes the top prior depend on the class, but model.learnedPrior is false: leave one of them out',
    );
  }
}

function requireConditionOfData({ data, model: { condition } }: Config): void {
  if (data.conditions !== undefined && condition === undefined) {
    throw new UserError(
      'invalid-config',
      'data.conditions is set, but model.condition is not: set model.condition=true, or leave out data.conditions',
    );
  }
}

/** Refuses `bits` together with `continuous`. */
export function requireOneKind({ bits, continuous }: Pick<Config['model'], 'bits' | 'continuous'>): void {
  if (bits !== undefined && continuous !== undefined) {
    throw new UserError(
      'invalid-config',
      'model.bits is for integers, but model.continuous takes real numbers: leave one of them out',
    );
  }
}

function requireNoNoise(model: Config['model']): void {
  if (model.continuous !== undefined && model.dequantisation !== undefined) {
    throw new UserError(
      'invalid-config',
      'model.dequantisation is for integers, but model.continuous takes real numbers: leave one of them out',
    );
  }
}
