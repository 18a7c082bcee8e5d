// The presets: named experiments, each with its configuration and reported result.

import { unknownName } from '../../core/errors.ts';
import type { ImageShape } from '../../core/numeric/index.ts';
import { datasetRecords } from '../../data/sets/records.ts';
import { mixings, mixingText } from '../../flows/models/index.ts';
import type { ConfigLayer } from './configSchema.ts';
import {
  type PaperExperiment,
  type PaperResult,
  paperCommon,
  paperDatasets,
  paperExperiments,
} from './paper.ts';

/** A named experiment. */
export interface Preset {
  /** The name to request it by. */
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  /** How a run differs from the experiment it reproduces, and what was chosen for it; sentences. */
  readonly notes: readonly string[];
  /** The size of the dataset's images. */
  readonly imageShape: ImageShape;
  /** The settings of the experiment; the rest are defaults. */
  readonly config: ConfigLayer;
  /** The result in the paper on emerging convolutions, if it is one of its experiments. */
  readonly paper?: PaperResult;
  /** The result that others report on the test images. */
  readonly othersBitsPerDim?: number;
  /** How many images the command measures at the end of training, evenly spread. */
  readonly measured?: {
    /** Test images; by default all. */
    readonly test: number;
    /** Validation images, to score others against; by default up to 2,000. */
    readonly reference: number;
  };
  /** The folder under `runs` for its runs; by default its name. */
  readonly folder?: string;
}

const { mnist } = datasetRecords;

/** Couplings that reach fewer bits/dim than Glow's in the same time: checkerboards at full resolution, and mixtures. */
const strongCouplings = { coupling: 'mixture', checkerboard: 4, checkerboardWidth: 24 } as const;

const mnistQuickstart = {
  data: { name: mnist.name },
  model: { levels: 2, depth: 4, conditioner: { width: 64 }, mixing: 'emerging', ...strongCouplings },
  // On validation images after the same number of training images: batches of 16 were better than of 32, and those better
  // than of 64, by far. Muon reached 1.23 bits/dim on test images where Adamax reached 1.39 (learningRate 0.006, one seed).
  // Slow machines take a minute and a half for these steps.
  training: {
    optimizer: { name: 'muon', biasCorrection: 'standard', restLearningRate: 0.016 },
    learningRate: 0.003,
    warmupSteps: 100,
    decay: 0.6,
    decayCurve: 'cosine',
    averageDecay: 0.99,
    clipNorm: 100,
    batchSize: 16,
    steps: 1150,
  },
} satisfies ConfigLayer;

/**
 * Long training with small batches, as in the quick start. In searches of 400 steps on MNIST and emoji, Muon's best rates were
 * 0.002 to 0.004 (docs/results); longer runs and larger models get the lower one, and a lower rate of the rest.
 */
const strongTraining = {
  optimizer: { name: 'muon', biasCorrection: 'standard', restLearningRate: 0.01 },
  learningRate: 0.002,
  warmupSteps: 500,
  decay: 0.9,
  decayCurve: 'cosine',
  averageDecay: 0.9995,
  clipNorm: 100,
  batchSize: 16,
} as const;

/** The quick start before there were checkerboards and mixtures: couplings as in the paper. */
const paperQuickstart = {
  data: { name: mnist.name },
  model: { levels: 2, depth: 4, conditioner: { width: 64 }, mixing: 'emerging' },
  // Found by a search over runs of this length, on validation images.
  training: {
    optimizer: { name: 'adamax', biasCorrection: 'standard' },
    learningRate: 0.015,
    warmupSteps: 150,
    decay: 0.6,
    averageDecay: 0.99,
    batchSize: 64,
    steps: 1700,
  },
} satisfies ConfigLayer;

const mnistPresets: readonly Preset[] = [
  {
    name: 'mnist-quickstart',
    description: 'A small emerging flow on MNIST that trains in a minute or two on a CPU.',
    notes: [],
    imageShape: mnist.imageShape,
    config: mnistQuickstart,
    measured: { test: 2000, reference: 500 },
    folder: 'quickstart',
  },
  {
    name: mnist.name,
    description: 'The best emerging flow on MNIST for a few hours on a CPU.',
    notes: [],
    imageShape: mnist.imageShape,
    config: {
      data: { name: mnist.name },
      model: {
        levels: 2,
        depth: 6,
        conditioner: { width: 96 },
        mixing: 'emerging',
        ...strongCouplings,
        checkerboard: 6,
        checkerboardWidth: 32,
      },
      training: { ...strongTraining, steps: 72_000 },
    },
  },
  {
    name: 'paper-mnist-quickstart',
    description: 'A small emerging flow on MNIST with the couplings of the paper.',
    notes: [],
    imageShape: mnist.imageShape,
    config: paperQuickstart,
  },
  {
    name: 'mnist-1x1',
    description: 'The model of mnist-quickstart with 1x1 convolutions in place of emerging ones, to compare.',
    notes: [],
    imageShape: mnist.imageShape,
    config: { ...mnistQuickstart, model: { ...mnistQuickstart.model, mixing: '1x1' } },
  },
  {
    name: 'mnist-small',
    description: 'A small emerging flow on MNIST that draws digits fast, and trains in 20 minutes on a CPU.',
    notes: [],
    imageShape: mnist.imageShape,
    config: {
      data: { name: mnist.name },
      model: {
        levels: 2,
        depth: 6,
        conditioner: { width: 64 },
        mixing: 'emerging',
        // Without the floor, 9 of 512 samples at temperature 1 overflowed after 45,000 steps.
        coupling: { name: 'affine', scaleFloor: 0.05 },
        checkerboard: 4,
        checkerboardWidth: 24,
      },
      training: { ...strongTraining, steps: 30_000 },
    },
  },
  {
    name: 'mnist-emerging-d16',
    description: 'A full-width emerging flow on MNIST, where others report 1.09 bits/dim.',
    notes: [],
    imageShape: mnist.imageShape,
    config: {
      data: { name: mnist.name },
      model: { levels: 2, depth: 16, conditioner: { width: 512 }, mixing: 'emerging', learnedPrior: true },
      training: { learningRate: 0.001, warmupEpochs: 10, batchSize: 64, epochs: 100 },
    },
    othersBitsPerDim: 1.09,
  },
];

/** A preset for a user's own colour images of a side. */
function photosPreset(side: number, model: ConfigLayer['model']): Preset {
  return {
    name: `photos-${side}`,
    description: `An emerging flow on your own colour images of ${side}x${side} pixels: set data.name to their folder.`,
    notes: [],
    imageShape: [side, side, 3],
    config: {
      data: { name: 'photos', augment: ['flip'] },
      model: {
        depth: 4,
        conditioner: { width: 96 },
        mixing: 'emerging',
        ...strongCouplings,
        checkerboardWidth: 32,
        // On emoji −0.06 bits/dim after 1,000 steps; on MNIST, without colours to mix, it gains nothing.
        checkerboardMixing: true,
        ...model,
      },
      training: { ...strongTraining, steps: 40_000 },
    },
  };
}

const photos32 = photosPreset(32, { levels: 3 });
const photosPresets = [photos32, photosPreset(64, { levels: 4, checkerboard: 2 })];

/**
 * For so few images that the model would memorise them in the steps of `photos-32`. In a trial on 314 emoji, validation
 * bits/dim were lowest after 98 epochs, and no lower with half the width, AdamW or shifted images.
 */
const fewPhotosPreset: Preset = {
  ...photos32,
  name: 'photos-32-few',
  description:
    'The model of photos-32 for a few hundred or thousand images, which it would otherwise memorise.',
  config: {
    ...photos32.config,
    training: { ...strongTraining, warmupSteps: 200, averageDecay: 0.998, epochs: 100 },
  },
};

/**
 * For points of a few numbers. With 4,400 training points of two moons, or of a Gaussian of 5 dimensions, validation points
 * were likeliest after 100 to 400 steps.
 */
const pointsPreset: Preset = {
  name: 'points',
  description:
    'Splines on your own points, vectors of real numbers: set data.name to their .csv or .npy file.',
  notes: [],
  imageShape: [1, 1, 2],
  config: {
    data: { name: 'points' },
    model: {
      continuous: true,
      levels: 0,
      depth: 6,
      mixing: '1x1',
      coupling: 'spline',
      conditioner: { name: 'dense', width: 64 },
    },
    training: {
      optimizer: 'adamw',
      learningRate: 0.002,
      warmupSteps: 50,
      decay: 1,
      decayCurve: 'cosine',
      averageDecay: 0.98,
      clipNorm: 10,
      batchSize: 256,
      steps: 500,
    },
  },
};

/** From this number of training images, 100 epochs come near the 40,000 steps of `photos-32`. */
const FEW_PHOTOS = 5000;

/** The preset for a user's own images of this shape and number; undefined if there is none. */
export function presetForOwnImages(shape: ImageShape, images: number): Preset | undefined {
  const candidates = images < FEW_PHOTOS ? [fewPhotosPreset, ...photosPresets] : photosPresets;
  return candidates.find(({ imageShape }) => imageShape.join() === shape.join());
}

/** Images per run of the program: the paper's maximum per worker. */
const PAPER_MICRO_BATCH = 64;

/**
 * Epochs where the paper gives none: about as many updates as 4000 epochs of CIFAR-10 at 256 images per step.
 */
function openEpochs(images: number, batchSize: number): number {
  const updates = (4000 * paperDatasets.cifar10.images) / 256;
  return 10 * Math.round((updates * batchSize) / images / 10);
}

function paperPresets(experiment: PaperExperiment): Preset[] {
  const { title, levels, depth, learnedPrior, batchSize, results, comparison } = experiment;
  const { name: dataset, imageShape, images, augment } = experiment.dataset;
  const epochs = experiment.epochs ?? openEpochs(images, batchSize);
  return Object.entries(results).map(([name, { mixing, ...paper }]) => ({
    name,
    description: `The paper's experiment "${title}" with ${mixingText(mixings.find(mixing))}.`,
    notes: [
      ...(experiment.epochs === null
        ? ['The paper names no epochs: these are about as many updates as its 4000 epochs of CIFAR-10.']
        : []),
      ...(comparison === undefined ? [] : [comparison]),
    ],
    imageShape,
    config: {
      data: { name: dataset, augment },
      model: { ...paperCommon.model, levels, depth, mixing, learnedPrior },
      training: {
        ...paperCommon.training,
        batchSize,
        microBatch: Math.min(PAPER_MICRO_BATCH, batchSize),
        epochs,
      },
    },
    paper,
  }));
}

/** Every preset, in listing order. */
export const presets: readonly Preset[] = [
  ...mnistPresets,
  ...photosPresets,
  fewPhotosPreset,
  pointsPreset,
  ...paperExperiments.flatMap(paperPresets),
];

/**
 * The preset with this name.
 *
 * @throws UserError with the nearest names if there is none
 */
export function findPreset(name: string): Preset {
  const preset = presets.find((candidate) => candidate.name === name);
  if (preset === undefined) {
    throw unknownName(
      'preset',
      name,
      presets.map((candidate) => candidate.name),
    );
  }
  return preset;
}
