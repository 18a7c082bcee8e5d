// The schema of configurations: every key with its meaning, its default, its values and its error text.
import * as z from 'zod/mini';
import {
  type CompletePart,
  choice,
  fraction,
  type PartChoice,
  type PartDefinition,
  type PartRegistry,
  positive,
  wholeNumber,
} from '../../core/parts/index.ts';
import { defaultValidation, LONGEST_CLASS_NAME, MOST_CLASSES } from '../../data/contract/index.ts';
import { type AugmentationName, augmentations } from '../../data/pixels/index.ts';
import { boundaries, MOST_CHANNELS, modelDefaults, parts } from '../../flows/models/index.ts';
import { optimizers } from '../../tensor/optimizers/index.ts';
import { conditionSchema } from './conditionSchema.ts';

/** The name of the schema file next to every configuration that a run writes. */
export const SCHEMA_FILE = 'config.schema.json';

/** The names a configuration may choose from. */
const choices = {
  augment: Object.keys(augmentations) as AugmentationName[],
  boundary: boundaries,
  decayCurve: ['linear', 'cosine'],
} as const;

function section<Shape extends z.core.$ZodShape>(shape: Shape) {
  return z.strictObject(shape, `a section with the keys ${Object.keys(shape).join(', ')}`);
}

/** The highest learning rate. */
export const MOST_RATE = 1000;
const MOST_NORM = 1_000_000_000;
const MOST_EPOCHS = 1_000_000;
/** The most training steps. */
export const MOST_STEPS = 1_000_000_000;
const MOST_IMAGES = 1_048_576;
const MOST_LEVELS = 12;
const MOST_CHECKERBOARDS = 1000;
const decayText = 'none, or a number above 0 and at most 1';
const rateText = `a number above 0 and at most ${MOST_RATE}`;
const clipNormText = `none, or a number above 0 and at most ${MOST_NORM}`;
const autoOrFractionText = 'auto, or a number of at least 0 and below 1';
const checkerboardText = `a whole number from 0 to ${MOST_CHECKERBOARDS}, or a list of up to ${MOST_LEVELS} of them`;
const classesText = `true or a list of 2 to ${MOST_CLASSES} different names`;
const conditionsText = 'the path of a CSV file, an array or images';
const continuousText = 'true, or a mean and a deviation above 0 for each channel';
const nameText = 'the name or the path of a dataset';

/** Metadata of a key, which `config.ts` and `configReference.ts` read from the schema. */
interface KeyFacts<Value = unknown> {
  /** Filled in if the key is not set. */
  readonly default?: Value;
  /** The value of a file that leaves it out. Older files do, so it must never change. */
  readonly implied?: unknown;
  /** Whether a resume may change it: it sets how a run is trained, not the model or its data. */
  readonly changeable?: true;
}

/** A key: its meaning, the values it accepts, and facts. */
function key<Schema extends z.ZodMiniType>(
  meaning: string,
  values: Schema,
  facts: KeyFacts<z.infer<Schema>> = {},
): Schema {
  return values.check(z.meta({ description: meaning, ...facts }));
}

/** A key that a complete configuration may leave out. */
function optional<Schema extends z.ZodMiniType>(
  meaning: string,
  values: Schema,
  facts: KeyFacts<z.infer<Schema>> = {},
): z.ZodMiniExactOptional<Schema> {
  return z.exactOptional(values).check(z.meta({ description: meaning, ...facts }));
}

/** The metadata of a key's schema, also if the key is optional. */
export function keyFacts(schema: z.core.$ZodType): KeyFacts & z.core.GlobalMeta {
  const isOptional = schema instanceof z.ZodMiniOptional || schema instanceof z.ZodMiniExactOptional;
  return { ...(isOptional && keyFacts(schema.def.innerType)), ...z.globalRegistry.get(schema) };
}

const changeable = true;

const MOST_AUGMENTATIONS = 16;

const data = section({
  name: key(
    'Name or path of a dataset.',
    z.string(nameText).check(z.minLength(1, nameText), z.maxLength(4096, 'at most 4096 characters long')),
  ),
  conditions: optional(
    'The conditions of the images: a CSV file, an array (.npy, .npz) or images; default: those next to them.',
    z
      .string(conditionsText)
      .check(z.minLength(1, conditionsText), z.maxLength(4096, 'at most 4096 characters long')),
  ),
  augment: key(
    'Augmentations of the training images, in order.',
    z
      .array(choice(choices.augment), `a list of ${choices.augment.join(', ')}`)
      .check(z.maxLength(MOST_AUGMENTATIONS, `a list of at most ${MOST_AUGMENTATIONS} augmentations`)),
    { default: [] },
  ),
  validation: key(
    'Share of the training images held out for validation; auto: 2 %, but at least 100 images or a fifth of them.',
    z.union([z.literal('auto'), fraction(autoOrFractionText)], autoOrFractionText),
    { default: defaultValidation },
  ),
});

/** The keys that choose a part, by section. */
export const partsOfSections: Readonly<
  Record<string, Readonly<Record<string, PartRegistry<PartDefinition>>>>
> = { model: parts, training: { optimizer: optimizers } };

/** The parts that a key chooses from; undefined if it chooses none. */
export function partsFor(section: string, key: string): PartRegistry<PartDefinition> | undefined {
  const registries = partsOfSections[section];
  return registries && Object.hasOwn(registries, key) ? registries[key] : undefined;
}

/** A chosen part: its name, or its name with options. `config.ts` checks both by its definition. */
function part({ names }: PartRegistry<PartDefinition>) {
  const text = `one of ${names.join(', ')}, or one that is registered, alone or with options`;
  const name = z.string(text).check(z.minLength(1, text), z.maxLength(100, text));
  const settings = z.looseObject({ name: z.exactOptional(name) }, text);
  return z.union([name, settings], text) as unknown as z.ZodMiniType<CompletePart, PartChoice>;
}

const className = z
  .string(classesText)
  .check(z.minLength(1, classesText), z.maxLength(LONGEST_CLASS_NAME, classesText));
const classNames = z.array(className, classesText).check(
  z.minLength(2, classesText),
  z.maxLength(MOST_CLASSES, classesText),
  z.refine((names: readonly string[]) => new Set(names).size === names.length, classesText),
);

const standardisation = z.strictObject(
  {
    /** Of each channel. */
    mean: z.array(z.number(continuousText), continuousText).check(z.maxLength(MOST_CHANNELS, continuousText)),
    /** The standard deviation of each channel. */
    deviation: z
      .array(z.number(continuousText).check(z.gt(0, continuousText)), continuousText)
      .check(z.maxLength(MOST_CHANNELS, continuousText)),
    /** The name of each number of a point. */
    columns: z.exactOptional(
      z.array(z.string(continuousText), continuousText).check(z.maxLength(MOST_CHANNELS, continuousText)),
    ),
  },
  continuousText,
);

const checkerboardCount = z
  .int(checkerboardText)
  .check(z.minimum(0, checkerboardText), z.maximum(MOST_CHECKERBOARDS, checkerboardText));
const checkerboardCounts = z
  .array(checkerboardCount, checkerboardText)
  .check(z.maxLength(MOST_LEVELS, checkerboardText));

const model = section({
  flow: optional('The arrangement of layers.', part(parts.flow), { implied: parts.flow.names[0] }),
  levels: key(
    'Number of levels; height and width must be divisible by 2^levels; 0 for points: steps without a squeeze.',
    wholeNumber(0, MOST_LEVELS),
    { default: modelDefaults.levels },
  ),
  depth: key('Flow steps in each level.', wholeNumber(1, 1000), { default: modelDefaults.depth }),
  mixing: key('The mixing of channels and pixels between couplings.', part(parts.mixing), {
    default: modelDefaults.mixing,
  }),
  coupling: key('The transformer, which changes values in couplings.', part(parts.coupling), {
    default: modelDefaults.coupling,
  }),
  conditioner: key('The conditioner, the network in couplings.', part(parts.conditioner), {
    default: modelDefaults.conditioner,
  }),
  boundary: optional(
    'The values that networks of couplings and priors read outside an image: zero, or periodic, on a torus.',
    choice(choices.boundary),
    { implied: 'zero' },
  ),
  mask: optional('The mask: which values couplings keep.', part(parts.mask), {
    implied: parts.mask.names[0],
  }),
  checkerboard: optional(
    'Couplings with checkerboard masks before the first squeeze, or a list with their number for each level.',
    z.union([checkerboardCount, checkerboardCounts], checkerboardText),
    { implied: 0 },
  ),
  checkerboardWidth: optional(
    "Hidden channels of the networks in checkerboard couplings, in place of the conditioner's width.",
    wholeNumber(1, MOST_CHANNELS),
    { implied: 32 },
  ),
  checkerboardMixing: optional(
    'Whether the mixing precedes checkerboard couplings, too.',
    z.boolean('true or false'),
    { implied: false },
  ),
  prior: optional('The base distribution of the latents of all priors.', part(parts.prior), {
    implied: parts.prior.names[0],
  }),
  learnedPrior: key(
    'Whether the locations and scales of the priors are learned; otherwise they are 0 and 1.',
    z.boolean('true or false'),
    { default: modelDefaults.learnedPrior },
  ),
  classes: optional(
    'Whether the top prior depends on the class of the image: true, or a list of class names.',
    z.union([z.literal(true), classNames], classesText),
  ),
  condition: optional(
    'The conditions of the images that the model depends on: true for all, or a list of names.',
    conditionSchema,
  ),
  continuous: optional(
    'Whether values are real numbers, not dequantised: true, or the mean and the deviation of each channel.',
    z.union([z.literal(true), standardisation], continuousText),
  ),
  bits: optional(
    'Bits per integer value, by default the images’; images with more bits are reduced to them.',
    wholeNumber(1, 16),
  ),
  dequantisation: optional(
    'Dequantisation, the noise that makes pixels continuous.',
    part(parts.dequantisation),
    { implied: parts.dequantisation.names[0] },
  ),
});

const training = section({
  optimizer: key('The optimiser.', part(optimizers), { default: optimizers.names[0]! }),
  learningRate: key('Learning rate between warm-up and decay.', positive(MOST_RATE, rateText), {
    default: 0.001,
    changeable,
  }),
  warmupEpochs: optional(
    'Epochs of linear warm-up; not together with warmupSteps.',
    wholeNumber(0, MOST_EPOCHS),
    { default: 10, changeable },
  ),
  warmupSteps: optional(
    'Steps of linear warm-up; not together with warmupEpochs.',
    wholeNumber(0, MOST_STEPS),
    { changeable },
  ),
  decay: key(
    'Final share of the steps, over which the learning rate falls to 0.',
    z.union([z.literal('none'), positive(1, decayText)], decayText),
    { default: 'none', changeable },
  ),
  decayCurve: optional('How the learning rate falls; default linear.', choice(choices.decayCurve), {
    changeable,
  }),
  batchSize: key('Images per update, over all workers and micro-batches.', wholeNumber(1, MOST_IMAGES), {
    default: 64,
  }),
  microBatch: key('Images per gradient computation; must divide batchSize.', wholeNumber(1, MOST_IMAGES), {
    changeable,
  }),
  epochs: optional(
    'Number of passes over the training images; not together with steps.',
    wholeNumber(1, MOST_EPOCHS),
    { default: 100, changeable },
  ),
  steps: optional('Number of updates; not together with epochs.', wholeNumber(1, MOST_STEPS), { changeable }),
  averageDecay: key(
    'Decay of the moving average of the weights; auto follows the length of an epoch.',
    z.union([z.literal('auto'), fraction(autoOrFractionText)], autoOrFractionText),
    { default: 'auto', changeable },
  ),
  clipNorm: key(
    'The maximum gradient norm, in bits/dim; none turns clipping off.',
    z.union([z.literal('none'), positive(MOST_NORM, clipNormText)], clipNormText),
    { default: 'none', changeable },
  ),
  gradientNormsEvery: optional(
    'Steps between logged gradient norms of all layers; by default, none are logged.',
    wholeNumber(1, MOST_STEPS),
    { changeable },
  ),
});

const seed = key('Seed of all random numbers in the run.', wholeNumber(0), { default: 0 });

/** The schema of a whole configuration. */
export const configSchema = section({ seed, data, model, training });

/** The schema of a partial configuration: every key is optional. */
export const layerSchema = z.partial(
  section({
    seed,
    data: key('The images.', z.partial(data)),
    model: key('The flow.', z.partial(model)),
    training: key('The training.', z.partial(training)),
  }),
);

/**
 * Everything needed to repeat a run, every default filled in.
 *
 * `training` holds exactly one of `epochs` and `steps`, and one of `warmupEpochs` and `warmupSteps`.
 */
export type Config = z.infer<typeof configSchema>;

/** A partial configuration, as set by a preset, a file or an option. Undefined means not set. */
export type ConfigLayer = z.input<typeof layerSchema>;
