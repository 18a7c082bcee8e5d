// The schema of configurations: every key with its meaning, its values and its error text.
import * as z from 'zod/mini';
import { LONGEST_CLASS_NAME, MOST_CLASSES } from '../data/contract/labels.ts';
import { type AugmentationName, augmentations } from '../data/pixels/augment.ts';
import { MOST_COMPONENTS } from '../flows/coupling/mixture.ts';
import { MOST_NORM_BOUND } from '../flows/layers/convolutionExponential.ts';
import { boundaries } from '../flows/layers/scaledConvolution.ts';
import { dequantisationNames } from '../models/dequantisation.ts';
import { type PartKey, parts } from '../models/parts.ts';
import { optimizerNames, optionSchemas } from '../optimizers/registry.ts';
import { conditionSchema } from './conditionSchema.ts';

/** The names a configuration may choose from. */
const choices = {
  augment: Object.keys(augmentations) as AugmentationName[],
  boundary: boundaries,
  dequantisation: dequantisationNames,
  optimizer: optimizerNames,
  decayCurve: ['linear', 'cosine'],
} as const;

// Each check's error text states what is expected and completes the sentence 'model.levels must be …'. The
// meaning of a key is written twice: in its comment, for readers and editors, and in its description, which
// the help and the JSON Schema are generated from. A test keeps the two identical.

// Every key but the seed has an upper bound, far above what anyone trains: a configuration may come from a
// stranger, and must not decide how long a loop runs or how much memory is allocated.

function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER) {
  const error =
    most === Number.MAX_SAFE_INTEGER
      ? `a whole number of ${least} or more`
      : `a whole number from ${least} to ${most}`;
  return z.int(error).check(z.minimum(least, error), z.maximum(most, error));
}

function oddNumber(least: number, most: number) {
  const error = `an odd whole number from ${least} to ${most}`;
  return z.int(error).check(
    z.minimum(least, error),
    z.maximum(most, error),
    z.refine((value: number) => value % 2 === 1, error),
  );
}

/** A number from 0 (included) to 1 (excluded). */
function fraction(error: string) {
  return z.number(error).check(z.minimum(0, error), z.lt(1, error));
}

/** A number above 0, at most `most`. */
function positive(most: number, error: string) {
  return z.number(error).check(z.gt(0, error), z.maximum(most, error));
}

function choice<const Names extends readonly string[]>(names: Names) {
  return z.enum(names, `one of ${names.join(', ')}`);
}

function section<Shape extends z.core.$ZodShape>(shape: Shape) {
  return z.strictObject(shape, `a section with the keys ${Object.keys(shape).join(', ')}`);
}

const MOST_RATE = 1000;
const MOST_NORM = 1_000_000_000;
const MOST_EPOCHS = 1_000_000;
/** The most training steps. */
export const MOST_STEPS = 1_000_000_000;
const MOST_IMAGES = 1_048_576;
const MOST_CHANNELS = 8192;
const MOST_LEVELS = 12;
const MOST_CHECKERBOARDS = 1000;
const MOST_BLOCKS = 100;
const decayText = 'none, or a number above 0 and at most 1';
const rateText = `a number above 0 and at most ${MOST_RATE}`;
const clipNormText = `none, or a number above 0 and at most ${MOST_NORM}`;
const normBoundText = `a number from 0.01 to ${MOST_NORM_BOUND}`;
const scaleFloorText = 'a number from 0 to 0.5';
const autoOrFractionText = 'auto, or a number of at least 0 and below 1';
const checkerboardText = `a whole number from 0 to ${MOST_CHECKERBOARDS}, or a list of up to ${MOST_LEVELS} of them`;
const classesText = `true or a list of 2 to ${MOST_CLASSES} different names`;
const conditionsText = 'the path of a CSV file, an array or images';
const continuousText = 'true, or a mean and a deviation above 0 for each channel';
const nameText = 'the name or the path of a dataset';

/** Marks a key that a resume may change: it sets how a run is trained, not the model or its data. */
const changeable = z.meta({ changeable: true });

const MOST_AUGMENTATIONS = 16;

const data = section({
  /** Name or path of a dataset. */
  name: z
    .string(nameText)
    .check(
      z.minLength(1, nameText),
      z.maxLength(4096, 'at most 4096 characters long'),
      z.describe('Name or path of a dataset.'),
    ),
  /** The conditions of the images: a CSV file, an array (.npy, .npz) or images; default: those beside them. */
  conditions: z
    .exactOptional(
      z
        .string(conditionsText)
        .check(z.minLength(1, conditionsText), z.maxLength(4096, 'at most 4096 characters long')),
    )
    .check(
      z.describe(
        'The conditions of the images: a CSV file, an array (.npy, .npz) or images; default: those beside them.',
      ),
    ),
  /** Augmentations of the training images, in order. */
  augment: z
    .array(choice(choices.augment), `a list of ${choices.augment.join(', ')}`)
    .check(
      z.maxLength(MOST_AUGMENTATIONS, `a list of at most ${MOST_AUGMENTATIONS} augmentations`),
      z.describe('Augmentations of the training images, in order.'),
    ),
  /** Share of the training images held out for validation; auto: 2 %, but at least 100 images or a fifth of them. */
  validation: z
    .union([z.literal('auto'), fraction(autoOrFractionText)], autoOrFractionText)
    .check(
      z.describe(
        'Share of the training images held out for validation; auto: 2 %, but at least 100 images or a fifth of them.',
      ),
    ),
});

/** The name of a part: one of the library's, or one that a module registers before the configuration is checked. */
function partName(key: PartKey) {
  const text = `one of ${parts[key].names.join(', ')}, or one that is registered`;
  return z.string(text).check(
    z.refine((name) => parts[key].has(name), text),
    z.meta({ examples: [...parts[key].names] }),
  );
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
  /** The arrangement of layers; default glow. */
  flow: z.exactOptional(partName('flow')).check(z.describe('The arrangement of layers; default glow.')),
  /** Number of levels; height and width must be divisible by 2^levels. */
  levels: wholeNumber(1, MOST_LEVELS).check(
    z.describe('Number of levels; height and width must be divisible by 2^levels.'),
  ),
  /** Flow steps in each level. */
  depth: wholeNumber(1, 1000).check(z.describe('Flow steps in each level.')),
  /** Hidden channels of the coupling networks. */
  width: wholeNumber(1, MOST_CHANNELS).check(z.describe('Hidden channels of the coupling networks.')),
  /** The mixing of channels and pixels between couplings. */
  mixing: partName('mixing').check(z.describe('The mixing of channels and pixels between couplings.')),
  /** The side length of the mixing's kernel; odd. */
  kernelSize: oddNumber(3, 255).check(z.describe("The side length of the mixing's kernel; odd.")),
  /** The spacing of the kernel's taps. */
  dilation: wholeNumber(1, 255).check(z.describe("The spacing of the kernel's taps.")),
  /** Hidden channels of the mixing's masked networks. */
  hiddenChannels: wholeNumber(1, MOST_CHANNELS).check(
    z.describe("Hidden channels of the mixing's masked networks."),
  ),
  /** Bound on the norm of the convolution before its exponential; default 1. */
  normBound: z
    .exactOptional(
      z
        .number(normBoundText)
        .check(z.minimum(0.01, normBoundText), z.maximum(MOST_NORM_BOUND, normBoundText)),
    )
    .check(z.describe('Bound on the norm of the convolution before its exponential; default 1.')),
  /** Rank of a Woodbury transformation over channels; default 16. */
  channelRank: z
    .exactOptional(wholeNumber(1, MOST_CHANNELS))
    .check(z.describe('Rank of a Woodbury transformation over channels; default 16.')),
  /** Rank of a Woodbury transformation over pixels, or over rows and columns; default 16. */
  spaceRank: z
    .exactOptional(wholeNumber(1, MOST_CHANNELS))
    .check(
      z.describe('Rank of a Woodbury transformation over pixels, or over rows and columns; default 16.'),
    ),
  /** Number of diagonal matrices in a circulant mixing; default 2. */
  diagonals: z
    .exactOptional(wholeNumber(1, 16))
    .check(z.describe('Number of diagonal matrices in a circulant mixing; default 2.')),
  /** The transformer, which changes values in couplings. */
  coupling: partName('coupling').check(z.describe('The transformer, which changes values in couplings.')),
  /** Components of the distributions of the transformer mixture; default 4. */
  components: z
    .exactOptional(wholeNumber(1, MOST_COMPONENTS))
    .check(z.describe('Components of the distributions of the transformer mixture; default 4.')),
  /** The conditioner, the network in couplings; default glow. */
  conditioner: z
    .exactOptional(partName('conditioner'))
    .check(z.describe('The conditioner, the network in couplings; default glow.')),
  /** Residual blocks of gated conditioners; default 2. */
  blocks: z
    .exactOptional(wholeNumber(0, MOST_BLOCKS))
    .check(z.describe('Residual blocks of gated conditioners; default 2.')),
  /** What the networks of couplings and priors see outside an image: zero, or periodic, on a torus; default zero. */
  boundary: z
    .exactOptional(choice(choices.boundary))
    .check(
      z.describe(
        'What the networks of couplings and priors see outside an image: zero, or periodic, on a torus; default zero.',
      ),
    ),
  /** The mask: which values couplings keep; default channels. */
  mask: z
    .exactOptional(partName('mask'))
    .check(z.describe('The mask: which values couplings keep; default channels.')),
  /** Couplings with checkerboard masks before the first squeeze, or a list with their number for each level; default 0. */
  checkerboard: z
    .exactOptional(z.union([checkerboardCount, checkerboardCounts], checkerboardText))
    .check(
      z.describe(
        'Couplings with checkerboard masks before the first squeeze, or a list with their number for each level; default 0.',
      ),
    ),
  /** Hidden channels of the networks in checkerboard couplings; default 32. */
  checkerboardWidth: z
    .exactOptional(wholeNumber(1, MOST_CHANNELS))
    .check(z.describe('Hidden channels of the networks in checkerboard couplings; default 32.')),
  /** Lower bound on the scales of affine couplings, which limits the amplification of their inverse; 0 for none. */
  scaleFloor: z
    .exactOptional(
      z.number(scaleFloorText).check(z.minimum(0, scaleFloorText), z.maximum(0.5, scaleFloorText)),
    )
    .check(
      z.describe(
        'Lower bound on the scales of affine couplings, which limits the amplification of their inverse; 0 for none.',
      ),
    ),
  /** Whether the priors are learned; otherwise they are standard normal. */
  learnedPrior: z
    .boolean('true or false')
    .check(z.describe('Whether the priors are learned; otherwise they are standard normal.')),
  /** Whether the top prior depends on the class of the image: true, or a list of class names. */
  classes: z
    .exactOptional(z.union([z.literal(true), classNames], classesText))
    .check(
      z.describe('Whether the top prior depends on the class of the image: true, or a list of class names.'),
    ),
  /** The conditions of the images that the model depends on: true for all, or a list of names. */
  condition: z
    .exactOptional(conditionSchema)
    .check(
      z.describe('The conditions of the images that the model depends on: true for all, or a list of names.'),
    ),
  /** Whether values are real numbers, not dequantised: true, or the mean and the deviation of each channel. */
  continuous: z
    .exactOptional(z.union([z.literal(true), standardisation], continuousText))
    .check(
      z.describe(
        'Whether values are real numbers, not dequantised: true, or the mean and the deviation of each channel.',
      ),
    ),
  /** Bits per integer value, by default those of the images; images of more are reduced to them. */
  bits: z
    .exactOptional(wholeNumber(1, 16))
    .check(
      z.describe(
        'Bits per integer value, by default those of the images; images of more are reduced to them.',
      ),
    ),
  /** Dequantisation, the noise that makes pixels continuous; default uniform. */
  dequantisation: z
    .exactOptional(choice(choices.dequantisation))
    .check(z.describe('Dequantisation, the noise that makes pixels continuous; default uniform.')),
  /** Steps of the flow in variational dequantisation, two couplings each; default 2. */
  dequantisationSteps: z
    .exactOptional(wholeNumber(1, 32))
    .check(z.describe('Steps of the flow in variational dequantisation, two couplings each; default 2.')),
  /** Hidden channels of the networks in variational dequantisation; default 32. */
  dequantisationWidth: z
    .exactOptional(wholeNumber(1, MOST_CHANNELS))
    .check(z.describe('Hidden channels of the networks in variational dequantisation; default 32.')),
});

const training = section({
  /** The optimiser. */
  optimizer: choice(choices.optimizer).check(z.describe('The optimiser.')),
  ...optionSchemas,
  /** Learning rate between warm-up and decay. */
  learningRate: positive(MOST_RATE, rateText).check(
    z.describe('Learning rate between warm-up and decay.'),
    changeable,
  ),
  /** Epochs of linear warm-up; not together with warmupSteps. */
  warmupEpochs: z
    .exactOptional(wholeNumber(0, MOST_EPOCHS))
    .check(z.describe('Epochs of linear warm-up; not together with warmupSteps.'), changeable),
  /** Steps of linear warm-up; not together with warmupEpochs. */
  warmupSteps: z
    .exactOptional(wholeNumber(0, MOST_STEPS))
    .check(z.describe('Steps of linear warm-up; not together with warmupEpochs.'), changeable),
  /** Final share of the steps, over which the learning rate falls to 0. */
  decay: z
    .union([z.literal('none'), positive(1, decayText)], decayText)
    .check(z.describe('Final share of the steps, over which the learning rate falls to 0.'), changeable),
  /** How the learning rate falls; default linear. */
  decayCurve: z
    .exactOptional(choice(choices.decayCurve))
    .check(z.describe('How the learning rate falls; default linear.'), changeable),
  /** Images per update, over all workers and micro-batches. */
  batchSize: wholeNumber(1, MOST_IMAGES).check(
    z.describe('Images per update, over all workers and micro-batches.'),
  ),
  /** Images per gradient computation; must divide batchSize. */
  microBatch: wholeNumber(1, MOST_IMAGES).check(
    z.describe('Images per gradient computation; must divide batchSize.'),
    changeable,
  ),
  /** Number of passes over the training images; not together with steps. */
  epochs: z
    .exactOptional(wholeNumber(1, MOST_EPOCHS))
    .check(z.describe('Number of passes over the training images; not together with steps.'), changeable),
  /** Number of updates; not together with epochs. */
  steps: z
    .exactOptional(wholeNumber(1, MOST_STEPS))
    .check(z.describe('Number of updates; not together with epochs.'), changeable),
  /** Decay of the moving average of the weights; auto follows the length of an epoch. */
  averageDecay: z
    .union([z.literal('auto'), fraction(autoOrFractionText)], autoOrFractionText)
    .check(
      z.describe('Decay of the moving average of the weights; auto follows the length of an epoch.'),
      changeable,
    ),
  /** The norm to which gradients are clipped, in bits/dim; none turns clipping off. */
  clipNorm: z
    .union([z.literal('none'), positive(MOST_NORM, clipNormText)], clipNormText)
    .check(
      z.describe('The norm to which gradients are clipped, in bits/dim; none turns clipping off.'),
      changeable,
    ),
  /** Steps between logged gradient norms of all layers; by default, none are logged. */
  gradientNormsEvery: z
    .exactOptional(wholeNumber(1, MOST_STEPS))
    .check(
      z.describe('Steps between logged gradient norms of all layers; by default, none are logged.'),
      changeable,
    ),
});

const seed = wholeNumber(0).check(z.describe('Seed of all random numbers in the run.'));

/** The schema of a whole configuration. */
export const configSchema = section({
  /** Seed of all random numbers in the run. */
  seed,
  /** The images. */
  data,
  /** The flow. */
  model,
  /** The training. */
  training,
});

/** The schema of a partial configuration: every key is optional. */
export const layerSchema = z.partial(
  section({
    /** Seed of all random numbers in the run. */
    seed,
    /** The images. */
    data: z.partial(data).check(z.describe('The images.')),
    /** The flow. */
    model: z.partial(model).check(z.describe('The flow.')),
    /** The training. */
    training: z.partial(training).check(z.describe('The training.')),
  }),
);

/**
 * Everything needed to repeat a run, every default filled in.
 *
 * `training` holds exactly one of `epochs` and `steps`, one of `warmupEpochs` and `warmupSteps`, and only the
 * chosen optimiser's options.
 */
export type Config = z.infer<typeof configSchema>;

/** A partial configuration, as set by a preset, a file or an option. Undefined counts as not set. */
export type ConfigLayer = z.infer<typeof layerSchema>;
