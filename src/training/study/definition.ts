// Definitions of studies as users write them, and the configurations that follow from them.
import * as z from 'zod/mini';
import { phrase, UserError } from '../../core/errors.ts';
import { lastPart } from '../../runs/settings/experimentName.ts';
import { type Config, MOST_RATE } from '../../runs/settings/index.ts';
import { resolveConfig } from '../../runs/settings/yaml.ts';

/** The learning rates that a search begins with; it grows beyond them. */
interface RateRange {
  /** The lowest and the highest, between which others are spread; or all of them, three or more. */
  readonly search: readonly number[];
}

/** A study, as in its YAML file: see docs/studies.md. */
export interface StudyDefinition {
  /** The heading of the report. */
  readonly title?: string | undefined;
  /** The configuration that all variants share: `preset`, and keys as in a `config.yaml`. */
  readonly base: Readonly<Record<string, unknown>>;
  /** Names or paths of datasets; default `data.name` of the base. */
  readonly datasets?: readonly string[] | undefined;
  /** The seed of each training; every variant is trained with each. */
  readonly seeds: readonly number[];
  /**
   * Values of configuration keys. Each combination is a variant: `{ 'model.mixing': ['1x1', 'emerging'] }`.
   * `{ 'training.learningRate': { search: [0.0005, 0.03] } }` searches the rate of each variant instead.
   */
  readonly grid?: Readonly<Record<string, readonly unknown[] | RateRange>> | undefined;
  /** Variants by name, each with the keys that differ from the base; with a grid, each is combined with every value. */
  readonly variants?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
  /** The variant to compare the others with; default the first. */
  readonly baseline?: string | undefined;
  /** How learning rates are searched. */
  readonly search?:
    | {
        /** Steps of each training; default a quarter of the study's. */
        readonly steps?: number | undefined;
        /** Seeds, none of them one of the study's; default two others. */
        readonly seeds?: readonly number[] | undefined;
      }
    | undefined;
}

/** The key whose values can be searched. */
const RATE = 'training.learningRate';
/** Files of the study's folder, which has a folder for each dataset too. */
const RESERVED: readonly string[] = ['study.json', 'report.json', 'report.csv', 'report.md'];
/** Neighbouring rates of a range differ by at most this factor. */
const WIDEST_RATIO = 3;
/** More variants than this are surely a mistake. */
const MOST_VARIANTS = 100;

// Each error text completes the sentence 'seeds must be …'.
const seedsText = 'a list of different whole numbers of 0 or more';
const ratesText = `two or more ascending numbers above 0, at most ${MOST_RATE}`;
const keysText = 'keys of a configuration with their values';
const isDistinct = (items: readonly unknown[]): boolean => new Set(items).size === items.length;
const keys = z.record(z.string(), z.unknown(), keysText);
const seeds = z
  .array(z.int(seedsText).check(z.minimum(0, seedsText)), seedsText)
  .check(z.minLength(1, seedsText), z.refine(isDistinct, seedsText));
const rates = z
  .array(z.number(ratesText).check(z.gt(0, ratesText), z.maximum(MOST_RATE, ratesText)), ratesText)
  .check(
    z.minLength(2, ratesText),
    z.refine(
      (list: readonly number[]) => list.every((rate, index) => index === 0 || rate > list[index - 1]!),
      ratesText,
    ),
  );
const valuesText = 'a list of values, or { search: [lowest, highest] } for training.learningRate';
const stepsText = 'a whole number of 1 or more';
const definitionSchema = z.strictObject(
  {
    title: z.optional(z.string('a text')),
    base: keys,
    datasets: z.optional(
      z
        .array(z.string('the name or the path of a dataset'), 'a list of datasets')
        .check(z.minLength(1, 'a list of datasets')),
    ),
    seeds,
    grid: z.optional(
      z.record(
        z.string(),
        z.union([z.array(z.unknown()).check(z.minLength(1)), z.strictObject({ search: rates })], valuesText),
        'keys of a configuration with lists of values',
      ),
    ),
    variants: z.optional(z.record(z.string(), keys, 'names, each with keys of a configuration')),
    baseline: z.optional(z.string('the name of a variant')),
    search: z.optional(
      z.strictObject(
        { steps: z.optional(z.int(stepsText).check(z.minimum(1, stepsText))), seeds: z.optional(seeds) },
        'steps and seeds',
      ),
    ),
  },
  'keys with their values',
);

/** One of the models that a study compares. */
export interface Variant {
  /** In tables and folder names. */
  readonly name: string;
  /** How it differs from the base: settings `section.key=value`. */
  readonly settings: readonly string[];
}

/** A dataset of a study. */
export interface StudyDataset {
  /** In tables and folder names. */
  readonly name: string;
  /** The name or path that opens it. */
  readonly source: string;
}

/** A study whose definition is valid. */
export interface Study {
  readonly definition: StudyDefinition;
  readonly title: string;
  readonly datasets: readonly StudyDataset[];
  readonly seeds: readonly number[];
  /** The baseline first. */
  readonly variants: readonly Variant[];
  /** The rates that a search begins with; null if rates are not searched. */
  readonly rates: readonly number[] | null;
  readonly search: { readonly steps: number | undefined; readonly seeds: readonly number[] };
}

/** What, in addition to its variant, a study's configuration depends on. */
export interface TrainingChoice {
  readonly dataset: StudyDataset;
  readonly seed: number;
  /** Default: the variant's. */
  readonly rate?: number | null | undefined;
  /** Default: the variant's. */
  readonly steps?: number | undefined;
}

/**
 * A study from its definition, as parsed from YAML.
 *
 * @throws UserError (`invalid-config`) with the first problem: an unknown key, a wrong value, a configuration that isn't one
 */
export function parseStudy(value: unknown): Study {
  const parsed = definitionSchema.safeParse(value, { reportInput: true });
  if (!parsed.success) {
    throw explain(parsed.error.issues[0]!);
  }
  const definition = parsed.data as StudyDefinition;
  const { seeds, grid = {}, search = {} } = definition;
  const searched = Object.entries(grid).filter(([, values]) => !Array.isArray(values));
  const wrong = searched.find(([key]) => key !== RATE);
  if (wrong !== undefined) {
    throw invalid(`grid.${wrong[0]}: only ${RATE} can be searched; list its values`);
  }
  if (definition.search && searched.length === 0) {
    throw invalid(
      `search has no effect, since no rate is searched: add grid: { ${RATE}: { search: [0.0005, 0.03] } }`,
    );
  }
  const next = Math.max(...seeds) + 1;
  const searchSeeds = search.seeds ?? [next, next + 1];
  const shared = searchSeeds.find((seed) => seeds.includes(seed));
  if (shared !== undefined) {
    throw invalid(
      `search.seeds: ${shared} is also a seed of the study, whose results would then favour the searched rate`,
    );
  }
  const variants = listVariants(definition);
  const study: Study = {
    definition,
    title: definition.title ?? 'Study',
    datasets: [],
    seeds,
    variants,
    rates: searched.length === 0 ? null : spread((searched[0]![1] as { search: number[] }).search),
    search: { steps: search.steps, seeds: searchSeeds },
  };
  const sources = definition.datasets ?? [within('base', () => baseConfig(definition, undefined)).data.name];
  const datasets = sources.map((source) => ({ source, name: plainText(lastPart(source)) || 'data' }));
  requireDistinct(
    'datasets',
    datasets.map(({ name }) => name),
  );
  const reserved = datasets.find(({ name }) => RESERVED.includes(name.toLowerCase()));
  if (reserved !== undefined) {
    throw invalid(`datasets: the study writes a file ${reserved.name}: rename ${reserved.source}`);
  }
  for (const dataset of datasets) {
    for (const variant of variants) {
      requireValidVariant(study, variant, dataset);
    }
  }
  return { ...study, datasets };
}

/** Refuses a variant whose configuration is invalid, or that sets what the study sets for all variants. */
function requireValidVariant(study: Study, variant: Variant, dataset: StudyDataset): void {
  const base = baseConfig(study.definition, dataset);
  const config = studyConfig(study, variant, { dataset });
  const { name } = variant;
  if (config.data.name !== base.data.name) {
    throw invalid(`${name}: data.name differs from the other variants': list images in datasets`);
  }
  if (config.seed !== base.seed) {
    throw invalid(`${name}: seed differs from the other variants': list seeds in seeds`);
  }
  if (study.rates !== null && config.training.learningRate !== base.training.learningRate) {
    throw invalid(`${name}: ${RATE} is also searched: leave it out, or don't search it`);
  }
}

/**
 * The configuration of a training.
 *
 * @throws UserError (`invalid-config`) that names the variant, or `base`, if it isn't one
 */
export function studyConfig(
  { definition }: Study,
  { name, settings }: Variant,
  { dataset, seed, rate, steps }: Partial<TrainingChoice>,
): Config {
  const base = within('base', () => baseConfig(definition, dataset));
  return within(name, () =>
    resolveConfig({
      file: { path: 'base', text: JSON.stringify(base) },
      set: settings,
      overrides: { seed, training: { steps, learningRate: rate ?? undefined } },
    }),
  );
}

/** The configuration that variants change. Keys with dots are settings, others sections as in a file. */
function baseConfig({ base }: StudyDefinition, dataset: StudyDataset | undefined): Config {
  const { preset, ...keys } = base;
  const isSetting = ([key]: [string, unknown]): boolean => key.includes('.');
  const entries = Object.entries(keys);
  return resolveConfig({
    ...(preset !== undefined && { preset: String(preset) }),
    file: {
      path: 'its sections',
      text: JSON.stringify(Object.fromEntries(entries.filter((entry) => !isSetting(entry)))),
    },
    set: entries.filter(isSetting).map(([key, value]) => setting(key, value)),
    overrides: { data: { name: dataset?.source } },
  });
}

/** Names the part of the study in its errors. */
export function within<Result>(part: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw errorWithin(part, error);
  }
}

/** The error, named after the part of the study. */
export function errorWithin(part: string, error: unknown): unknown {
  return error instanceof UserError
    ? new UserError(error.code, phrase`${part}: ${error.phrase}`, { cause: error })
    : error;
}

/** The variants: each named one with each combination of the grid's values; the baseline first. */
function listVariants({ grid = {}, variants, baseline }: StudyDefinition): Variant[] {
  let combined: Variant[] = Object.entries(variants ?? { '': {} }).map(([name, keys]) => ({
    name: plainText(name),
    settings: Object.entries(keys).map(([key, value]) => setting(key, value)),
  }));
  requireFewVariants(combined);
  for (const [key, values] of Object.entries(grid)) {
    if (Array.isArray(values)) {
      combined = combined.flatMap(({ name, settings }) =>
        values.map((value) => ({
          name: [name, valueName(key, value)].filter((part) => part !== '').join('-'),
          settings: [...settings, setting(key, value)],
        })),
      );
    }
    requireFewVariants(combined);
  }
  const names = combined.map(({ name }) => name);
  if (names.length > 1 && names.includes('')) {
    throw invalid('variants: a name needs letters or digits');
  }
  requireDistinct('variants', names);
  if (names.length < 2) {
    throw invalid('a study compares two or more variants: list values in grid, or name them in variants');
  }
  const first = combined.find(({ name }) => name === (baseline ?? names[0]));
  if (first === undefined) {
    throw invalid(`baseline must be one of ${names.join(', ')}, not '${baseline}'`);
  }
  return [first, ...combined.filter((variant) => variant !== first)];
}

function requireFewVariants({ length }: readonly Variant[]): void {
  if (length > MOST_VARIANTS) {
    throw invalid(`there are more than ${MOST_VARIANTS} variants: leave some out`);
  }
}

/** Values of JSON are values of YAML. */
function setting(key: string, value: unknown): string {
  return `${key}=${JSON.stringify(value)}`;
}

/** The name of a value of the grid: `emerging`, `depth=4`, `emerging-kernelSize=5`. */
function valueName(key: string, value: unknown): string {
  const last = key.split('.').at(-1)!;
  if (typeof value === 'object' && value !== null && 'name' in value) {
    const { name, ...options } = value;
    return plainText(
      [name, ...Object.entries(options).map(([option, setting]) => `${option}=${setting}`)].join('-'),
    );
  }
  return plainText(typeof value === 'string' ? value : `${last}=${JSON.stringify(value)}`);
}

/** A text that can be part of a folder's name and of a table. */
function plainText(text: string): string {
  return text.replace(/[^\p{L}\p{N}._=-]+/gu, '-').replace(/^[.=-]+/, '');
}

/** The rates to begin with: a list's, or a range's, evenly spaced in the logarithm, with two digits. */
function spread(listed: readonly number[]): number[] {
  const [low, high] = [listed[0]!, listed.at(-1)!];
  if (listed.length > 2) {
    return [...listed];
  }
  const intervals = Math.max(2, Math.ceil(Math.log(high / low) / Math.log(WIDEST_RATIO) - 1e-9));
  const between = Array.from({ length: intervals - 1 }, (_, index) =>
    Number((low * (high / low) ** ((index + 1) / intervals)).toPrecision(2)),
  );
  // Rounded, those between close ones may be equal to them.
  return [low, ...between.filter((rate) => rate > low && rate < high), high];
}

function requireDistinct(key: string, names: readonly string[]): void {
  const folded = names.map((name) => name.toLowerCase());
  const repeated = names.find((_, index) => folded.indexOf(folded[index]!) !== index);
  if (repeated !== undefined) {
    throw invalid(`${key}: two would be called '${repeated}': give them different names`);
  }
}

function explain(issue: z.core.$ZodIssue): UserError {
  const path = issue.path.join('.') || 'the study';
  if (issue.code === 'unrecognized_keys') {
    const hint = issue.path.length === 0 ? `; known: ${Object.keys(definitionSchema.shape).join(', ')}` : '';
    return invalid(`unknown key '${[...issue.path, issue.keys[0]!].join('.')}'${hint}`);
  }
  const message = issue.message === 'Invalid input' ? valuesText : issue.message;
  return invalid(
    issue.input === undefined ? `${path} is missing: give ${message}` : `${path} must be ${message}`,
  );
}

function invalid(message: string): UserError {
  return new UserError('invalid-config', message);
}
