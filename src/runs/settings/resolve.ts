// Resolves a preset, a file and options to one configuration: defaults < preset or file < settings < options.
import { phrase, UserError } from '../../core/errors.ts';
import { requireArgument } from '../../core/numeric/index.ts';
import { clip, type PartDefinition, registerParts } from '../../core/parts/index.ts';
import {
  changedParts,
  checkLayer,
  completeConfig,
  defaults,
  exclusivePairs,
  requireOneKind,
  requireOneOfEach,
} from './config.ts';
import type { Config, ConfigLayer } from './configSchema.ts';
import { parseYaml } from './configText.ts';
import { findPreset } from './presets.ts';

/** The contents of a configuration file. */
export interface ConfigFile {
  /** Its path, for errors. */
  readonly path: string;
  /** YAML. */
  readonly text: string;
}

/** Where the parts of a configuration come from. */
export interface ConfigSources {
  /** The name of a preset. */
  readonly preset?: string | undefined;
  /** It builds on the preset, if there is one. */
  readonly file?: ConfigFile | undefined;
  /** Settings `section.key=value`, the value in YAML; a later one wins. */
  readonly set?: readonly string[] | undefined;
  /** Definitions of parts that the library lacks, unless they are registered already. */
  readonly parts?: readonly PartDefinition[] | undefined;
  /** Overrides everything else. */
  readonly overrides?: ConfigLayer | undefined;
}

/**
 * The configuration resolved from defaults, a preset, a file, settings and options; later ones win.
 *
 * Setting `training.steps` removes `training.epochs` from the layers below and vice versa; the same applies
 * to `training.warmupSteps` and `training.warmupEpochs`, and to `model.bits` and `model.continuous`. Naming another part
 * removes the options of the one below, options without a name change those below; settings form one layer, regardless of
 * their order.
 *
 * @throws UserError for an unknown preset, an unknown key or an invalid value
 * @example
 * ```ts
 * import { resolveConfig } from 'emerging-flows/training';
 *
 * const config = resolveConfig({
 *   preset: 'photos-32',
 *   overrides: { data: { name: 'photos-32.images' }, training: { steps: 10_000 } },
 * });
 * ```
 */
export function resolveConfig(sources: ConfigSources): Config {
  requireArgument(
    typeof sources === 'object' && sources !== null,
    "resolveConfig needs sources, such as { preset: 'mnist' }",
  );
  const { preset, file, set = [], parts, overrides = {} } = sources;
  registerParts(parts);
  requireArgument(Array.isArray(set), "set must be a list of settings, such as ['training.steps=500']");
  const layers = [defaults];
  if (preset !== undefined) {
    layers.push(findPreset(preset).config);
  }
  if (file !== undefined) {
    layers.push(parseLayer(file.text, file.path));
  }
  // A part before its options: `model.mixing=emerging` before `model.mixing.kernelSize=5`.
  const depth = (setting: string): number => setting.split('=', 1)[0]!.split('.').length;
  const settings = [...set].sort((first, second) => depth(first) - depth(second));
  const parsed = settings.map(parseSetting);
  requireOneOfEach(parsed);
  requireOneKind(Object.assign({}, ...parsed.map(({ model }) => model)));
  layers.push(parsed.reduce(mergeLayers, {}), checkLayer(overrides));
  return completeConfig(layers.reduce(mergeLayers));
}

/**
 * Parses the text of a configuration file into a layer.
 *
 * @param source the file's name, for errors
 * @throws UserError with the line for any problem found by `parseYaml` or `checkLayer`
 */
export function parseLayer(text: string, source: string): ConfigLayer {
  return readYaml({ path: source, text }, (value) => checkLayer(value ?? {}));
}

/**
 * What `read` makes of the value of a YAML file.
 *
 * @throws UserError that begins with its path, and with the line of what is not valid YAML
 */
export function readYaml<Result>({ path, text }: ConfigFile, read: (value: unknown) => Result): Result {
  const yaml = parseYaml(text);
  if ('problem' in yaml) {
    throw new UserError('invalid-config', `${path}:${yaml.line}: ${yaml.problem}`);
  }
  try {
    return read(yaml.value);
  } catch (error) {
    throw error instanceof UserError
      ? new UserError(error.code, phrase`${path}: ${error.phrase}`, { cause: error })
      : error;
  }
}

/**
 * The keys and the value of a setting `section.key=value`, the value in YAML.
 *
 * @throws UserError if it isn't one
 */
export function readSetting(setting: string): { readonly path: readonly string[]; readonly value: unknown } {
  const equals = setting.indexOf('=');
  if (equals < 1) {
    throw new UserError(
      'invalid-config',
      `the setting '${clip(setting)}' must be key=value, as in model.levels=2`,
    );
  }
  const yaml = parseYaml(setting.slice(equals + 1));
  if ('problem' in yaml) {
    throw new UserError('invalid-config', `the setting '${clip(setting)}': ${yaml.problem}`);
  }
  return { path: setting.slice(0, equals).split('.'), value: yaml.value };
}

/** The layer of one setting. */
function parseSetting(setting: string): ConfigLayer {
  const { path, value } = readSetting(setting);
  return checkLayer(path.reduceRight((inner, key) => ({ [key]: inner }), value));
}

function mergeLayers(lower: ConfigLayer, upper: ConfigLayer): ConfigLayer {
  const training = { ...lower.training };
  for (const [first, second] of exclusivePairs) {
    if (upper.training?.[first] !== undefined) {
      delete training[second];
    }
    if (upper.training?.[second] !== undefined) {
      delete training[first];
    }
  }
  // Unless it was chosen, a micro-batch is a whole batch.
  if (upper.training?.batchSize !== undefined && lower.training?.microBatch === lower.training?.batchSize) {
    delete training.microBatch;
  }
  const model = { ...lower.model };
  // A preset may have bits, which real numbers do not.
  if (upper.model?.continuous !== undefined) {
    delete model.bits;
  }
  if (upper.model?.bits !== undefined) {
    delete model.continuous;
  }
  return {
    seed: upper.seed ?? lower.seed,
    data: { ...lower.data, ...withoutUndefined(upper.data) },
    model: {
      ...model,
      ...withoutUndefined(upper.model),
      ...changedParts('model', lower.model, upper.model),
    },
    training: {
      ...training,
      ...withoutUndefined(upper.training),
      ...changedParts('training', lower.training, upper.training),
    },
  };
}

function withoutUndefined<Section extends object>(section: Section | undefined): Partial<Section> {
  const set = Object.entries(section ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as Partial<Section>;
}
