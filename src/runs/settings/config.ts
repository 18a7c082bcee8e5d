// Configurations: defaults and validation.
import type * as z from 'zod/mini';
import { UserError } from '../../core/errors.ts';
import {
  dequantisationNames,
  dequantisationOf,
  dequantisations,
  modelDefaults,
} from '../../flows/models/index.ts';
import {
  type OptimizerName,
  optimizerNames,
  optimizers,
  optionSchemas,
} from '../../tensor/optimizers/index.ts';
import { explainIssue } from './configErrors.ts';
import { type Config, type ConfigLayer, configSchema, keyFacts, layerSchema } from './configSchema.ts';

/** Pairs of `training` keys that set the same thing in different units: setting one removes the other. */
export const exclusivePairs = [
  ['warmupEpochs', 'warmupSteps'],
  ['epochs', 'steps'],
] as const;

const { data, model, training } = configSchema.shape;
const { bits: _, ...modelWithoutBits } = modelDefaults;

/**
 * The defaults. `data.name` has none, `model.bits` defaults to those of the images, `microBatch` to `batchSize`, and an
 * optimiser's options have the defaults that the optimiser defines.
 */
export const defaults: ConfigLayer = {
  seed: keyFacts(configSchema.shape.seed).default as number,
  data: defaultsIn(data.shape),
  model: modelWithoutBits,
  training: defaultsIn(
    Object.fromEntries(Object.entries(training.shape).filter(([key]) => !(key in optionSchemas))),
  ),
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
 * Validates a value as a layer of a configuration.
 *
 * @throws UserError that names the first unknown key, invalid value, mutually exclusive pair of keys, or
 * option of an optimiser other than the one the layer chooses
 */
export function checkLayer(value: unknown): ConfigLayer {
  const layer = check(layerSchema, value);
  for (const [one, other] of exclusivePairs) {
    if (layer.training?.[one] !== undefined && layer.training[other] !== undefined) {
      throw new UserError(
        'invalid-config',
        `training.${one} and training.${other} are mutually exclusive: keep one of them`,
      );
    }
  }
  if (layer.training?.optimizer !== undefined) {
    requireOwnOptions(layer.training, layer.training.optimizer);
  }
  return layer;
}

/**
 * The model of a partial configuration, every default filled in.
 *
 * @throws UserError as `checkLayer` does
 */
export function modelOptions(model: unknown): Config['model'] {
  return check(configSchema.shape.model, { ...defaults.model, ...checkLayer({ model }).model });
}

/** The keys that belong to an optimiser. */
export function optionsOf(name: OptimizerName): string[] {
  return Object.keys(optimizers[name].options);
}

/** Rejects options of other optimisers. */
function requireOwnOptions(training: NonNullable<ConfigLayer['training']>, optimizer: OptimizerName): void {
  for (const [key, value] of Object.entries(training)) {
    const owners = optimizerNames.filter((name) => optionsOf(name).includes(key));
    if (value !== undefined && owners.length > 0 && !owners.includes(optimizer)) {
      throw new UserError(
        'invalid-config',
        `training.${key} is an option of ${owners.join(' and ')}, but training.optimizer is ${optimizer}: ` +
          `leave it out or set training.optimizer=${owners[0]}`,
      );
    }
  }
}

/**
 * The complete configuration of a merged layer.
 *
 * @throws UserError if a key without a default is missing, or values are inconsistent
 */
export function completeConfig(layer: ConfigLayer): Config {
  const { batchSize, microBatch = batchSize, optimizer } = layer.training ?? {};
  const options = optimizer && optimizers[optimizer].defaults;
  const config = check(configSchema, { ...layer, training: { ...options, ...layer.training, microBatch } });
  requireOwnOptions(config.training, config.training.optimizer);
  requireDivisor(config.training);
  requireLearnedPrior(config.model);
  requireConditionOfData(config);
  requireOwnNoise(config.model);
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

function requireOneKind({ bits, continuous }: Config['model']): void {
  if (bits !== undefined && continuous !== undefined) {
    throw new UserError(
      'invalid-config',
      'model.bits is for integers, but model.continuous takes real numbers: leave one of them out',
    );
  }
}

/** Rejects options of another dequantisation than the chosen one. */
function requireOwnNoise(model: Config['model']): void {
  const chosen = dequantisationOf(model);
  if (chosen === 'none' && model.dequantisation !== undefined) {
    throw new UserError(
      'invalid-config',
      'model.dequantisation is for integers, but model.continuous takes real numbers: leave one of them out',
    );
  }
  const options = dequantisationNames.flatMap((name) => dequantisations[name].options);
  const other = options.find(
    (key) => model[key] !== undefined && !dequantisations[chosen].options.includes(key),
  );
  if (other !== undefined) {
    const owner = dequantisationNames.find((name) => dequantisations[name].options.includes(other));
    throw new UserError(
      'invalid-config',
      `model.${other} is an option of ${owner} dequantisation, but model.dequantisation is ${chosen}: ` +
        `leave it out${chosen === 'none' ? '' : ` or set model.dequantisation=${owner}`}`,
    );
  }
}

/** The largest divisor of `value` that is at most `limit`. */
function largestDivisor(value: number, limit: number): number {
  let largest = 1;
  // Divisors come in pairs, one of each at most √value.
  for (let small = 1; small * small <= value; small++) {
    if (value % small === 0) {
      const pair = [small, value / small].filter((divisor) => divisor <= limit);
      largest = Math.max(largest, ...pair);
    }
  }
  return largest;
}
