// What an experiment is: a configuration with its defaults, its check and its text form.
import { stringify } from 'yaml';
import type { z } from 'zod';
import { UserError } from '../errors.ts';
import { type OptimizerName, optimizerNames, optimizers } from '../optimizers/registry.ts';
import { explainIssue } from './configErrors.ts';
import { type Config, type ConfigLayer, configSchema, layerSchema } from './configSchema.ts';

/** Two keys of `training` that say the same thing in different units: setting one removes the other. */
export const exclusivePairs = [
  ['warmupEpochs', 'warmupSteps'],
  ['epochs', 'steps'],
] as const;

/**
 * What holds where nothing else is said; only `data.name` has no default, `microBatch` follows `batchSize`, and the
 * options of an optimiser have the defaults that it says.
 */
export const defaults: ConfigLayer = {
  seed: 0,
  data: { augment: [], validation: 0.02 },
  model: {
    levels: 3,
    depth: 8,
    width: 512,
    mixing: 'emerging',
    kernelSize: 3,
    dilation: 1,
    hiddenChannels: 96,
    coupling: 'affine',
    learnedPrior: true,
    bits: 8,
  },
  training: {
    optimizer: 'adamax',
    learningRate: 0.001,
    warmupEpochs: 10,
    decay: 'none',
    batchSize: 64,
    epochs: 100,
    averageDecay: 'auto',
    clipNorm: 'none',
  },
};

const { data, model, training } = configSchema.shape;
const knownKeys: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(configSchema.shape),
  data: Object.keys(data.shape),
  model: Object.keys(model.shape),
  training: Object.keys(training.shape),
};

function check<Output>(schema: z.ZodType<Output>, value: unknown): Output {
  const result = schema.safeParse(value, { reportInput: true });
  if (!result.success) {
    throw explainIssue(result.error.issues[0]!, knownKeys);
  }
  return result.data;
}

/**
 * A value as a layer of a configuration.
 *
 * @throws UserError that names the first unknown key, wrong value, pair of keys that exclude one another or option of
 * another optimiser than the one that the layer chooses
 */
export function checkLayer(value: unknown): ConfigLayer {
  const layer = check(layerSchema, value);
  for (const [one, other] of exclusivePairs) {
    if (layer.training?.[one] !== undefined && layer.training[other] !== undefined) {
      throw new UserError(
        'invalid-config',
        `training.${one} and training.${other} exclude one another: keep one of them`,
      );
    }
  }
  if (layer.training?.optimizer !== undefined) {
    requireOwnOptions(layer.training, layer.training.optimizer);
  }
  return layer;
}

/** The keys that belong to an optimiser. */
export function optionsOf(name: OptimizerName): string[] {
  return Object.keys(optimizers[name].options);
}

/** Refuses options of other optimisers. */
function requireOwnOptions(training: NonNullable<ConfigLayer['training']>, optimizer: OptimizerName): void {
  for (const [key, value] of Object.entries(training)) {
    const owners = optimizerNames.filter((name) => optionsOf(name).includes(key));
    if (value !== undefined && owners.length > 0 && !owners.includes(optimizer)) {
      throw new UserError(
        'invalid-config',
        `training.${key} is an option of ${owners.join(' and ')}, and training.optimizer is ${optimizer}: ` +
          `leave it out or set training.optimizer=${owners[0]}`,
      );
    }
  }
}

/**
 * The configuration that a merged layer stands for.
 *
 * @throws UserError if a key without default is missing, or if values do not fit together
 */
export function completeConfig(layer: ConfigLayer): Config {
  const { batchSize, microBatch = batchSize, optimizer } = layer.training ?? {};
  const options = optimizer && optimizers[optimizer].defaults;
  const config = check(configSchema, { ...layer, training: { ...options, ...layer.training, microBatch } });
  requireOwnOptions(config.training, config.training.optimizer);
  requireDivisor(config.training);
  return config;
}

function requireDivisor({ batchSize, microBatch }: Config['training']): void {
  if (batchSize % microBatch !== 0) {
    let divisor = Math.min(microBatch, batchSize);
    while (batchSize % divisor !== 0) {
      divisor--;
    }
    throw new UserError(
      'invalid-config',
      `training.microBatch is ${microBatch} and training.batchSize ${batchSize}: ` +
        `the first must divide the second, set for example training.microBatch=${divisor}`,
    );
  }
}

/** The name of the schema that stands beside every configuration a run writes. */
export const SCHEMA_FILE = 'config.schema.json';

/**
 * A configuration as YAML, its keys in the schema's order; reading it gives an equal configuration. Its first line
 * tells editors where the schema is.
 */
export function stringifyConfig(config: Config): string {
  const text = stringify(check(configSchema, config), { lineWidth: 0 });
  return `# yaml-language-server: $schema=${SCHEMA_FILE}\n${text}`;
}
