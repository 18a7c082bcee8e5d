// The paper's experiments and the results it reports: Hoogeboom et al., Emerging Convolutions (2019).
import type { DatasetDescription } from '../../data/contract/index.ts';
import type { AugmentationName } from '../../data/pixels/index.ts';
import { datasetRecords } from '../../data/sets/records.ts';
import type { Mixing } from '../../flows/models/index.ts';

/** What the paper reports for one model; unreported values are left out. */
export interface PaperResult {
  /** On the test images. */
  readonly bitsPerDim?: number;
  /** The standard deviation of bits/dim over repeated runs. */
  readonly deviation?: number;
  /** Whether bits/dim is only reported as approximate. */
  readonly approximate?: true;
  /** The time to sample one image, on the paper's machine. */
  readonly millisecondsPerSample?: number;
  /** As counted by the paper, including 82,944 weights of the top prior that never act. */
  readonly parameters?: number;
}

/** A dataset as the paper uses it. */
interface PaperDataset extends Pick<DatasetDescription, 'name' | 'imageShape'> {
  /** The number of training images. */
  readonly images: number;
  /** How they are augmented. */
  readonly augment: AugmentationName[];
}

const { galaxy, cifar10, imagenet32, imagenet64 } = datasetRecords;

/** The paper's datasets. */
export const paperDatasets = {
  galaxy: inPaper(galaxy, 5000, ['shiftReflect', 'flip', 'flipVertical', 'transpose']),
  cifar10: inPaper(cifar10, cifar10.counts.train, ['shift', 'flip']),
  imagenet32: inPaper(imagenet32, imagenet32.counts.train, []),
  imagenet64: inPaper(imagenet64, imagenet64.counts.train, []),
};

function inPaper(
  { name, imageShape }: DatasetDescription,
  images: number,
  augment: AugmentationName[],
): PaperDataset {
  return { name, imageShape, images, augment };
}

/** Models that the paper trains the same way and compares by their mixing of channels and pixels. */
export interface PaperExperiment {
  /** The experiment's name. */
  readonly title: string;
  /** Its dataset. */
  readonly dataset: PaperDataset;
  readonly levels: number;
  /** Flow steps in each level. */
  readonly depth: number;
  readonly learnedPrior: boolean;
  /** Images per step, over all workers. */
  readonly batchSize: number;
  /** Null if the paper does not specify it. */
  readonly epochs: number | null;
  /** What to compare its results with if the paper has no other model alongside; a sentence. */
  readonly comparison?: string;
  /** The models by preset name. */
  readonly results: Readonly<Record<string, PaperResult & { readonly mixing: Mixing }>>;
}

/** Settings shared by every experiment of the paper. */
export const paperCommon = {
  model: { conditioner: { name: 'glow', width: 512 }, coupling: 'affine', bits: 8 },
  training: {
    optimizer: { name: 'adamax', biasCorrection: 'glow' },
    learningRate: 0.001,
    warmupEpochs: 10,
    decay: 'none',
  },
} as const;

/** Unless an experiment says otherwise. */
const usual = { learnedPrior: true, batchSize: 256, epochs: null } as const;

/** Every experiment; each model is in only one of them. */
export const paperExperiments: readonly PaperExperiment[] = [
  {
    ...usual,
    title: 'galaxy',
    dataset: paperDatasets.galaxy,
    levels: 2,
    depth: 8,
    learnedPrior: false,
    epochs: 6000,
    results: {
      'galaxy-1x1': { mixing: '1x1', bitsPerDim: 2.03, deviation: 0.026 },
      'galaxy-periodic': { mixing: 'periodic', bitsPerDim: 1.98, deviation: 0.003 },
      'galaxy-emerging': { mixing: 'emerging', bitsPerDim: 1.98, deviation: 0.007 },
    },
  },
  {
    ...usual,
    title: 'CIFAR-10',
    dataset: paperDatasets.cifar10,
    levels: 3,
    depth: 32,
    epochs: 4000,
    results: {
      'cifar10-1x1-d32': {
        mixing: '1x1',
        bitsPerDim: 3.36,
        deviation: 0.002,
        millisecondsPerSample: 5,
        parameters: 44.6e6,
      },
      'cifar10-emerging-d32': {
        mixing: 'emerging',
        bitsPerDim: 3.34,
        deviation: 0.002,
        millisecondsPerSample: 39,
        parameters: 45.3e6,
      },
    },
  },
  {
    ...usual,
    title: 'density against sampling time on CIFAR-10',
    dataset: paperDatasets.cifar10,
    levels: 3,
    depth: 32,
    results: { 'cifar10-maf-d32': { mixing: 'maf', millisecondsPerSample: 650 } },
  },
  {
    ...usual,
    title: 'small CIFAR-10',
    dataset: paperDatasets.cifar10,
    levels: 3,
    depth: 8,
    epochs: 4000,
    results: {
      'cifar10-1x1-d8': { mixing: '1x1', bitsPerDim: 3.46, deviation: 0.005, parameters: 11.2e6 },
      'cifar10-emerging-d8': { mixing: 'emerging', bitsPerDim: 3.43, deviation: 0.004, parameters: 11.4e6 },
    },
  },
  {
    ...usual,
    title: 'small CIFAR-10',
    dataset: paperDatasets.cifar10,
    levels: 3,
    depth: 4,
    epochs: 4000,
    results: {
      'cifar10-1x1-d4': { mixing: '1x1', bitsPerDim: 3.56, deviation: 0.008, parameters: 5.65e6 },
      'cifar10-emerging-d4': { mixing: 'emerging', bitsPerDim: 3.51, deviation: 0.001, parameters: 5.74e6 },
    },
  },
  {
    ...usual,
    title: '1x1 forms on CIFAR-10',
    dataset: paperDatasets.cifar10,
    levels: 3,
    depth: 8,
    epochs: 3500,
    comparison:
      'Compare with the free form, cifar10-1x1-d8, for the same number of epochs: training.epochs=3500.',
    results: {
      'cifar10-1x1-plu-d8': { mixing: '1x1-plu', bitsPerDim: 3.46, approximate: true },
      'cifar10-1x1-qr-d8': { mixing: '1x1-qr', bitsPerDim: 3.46, approximate: true },
    },
  },
  {
    ...usual,
    title: 'ImageNet 32',
    dataset: paperDatasets.imagenet32,
    levels: 3,
    depth: 48,
    results: {
      'imagenet32-1x1-d48': { mixing: '1x1', bitsPerDim: 4.09 },
      'imagenet32-emerging-d48': { mixing: 'emerging', bitsPerDim: 4.09 },
    },
  },
  {
    ...usual,
    title: 'small ImageNet 32',
    dataset: paperDatasets.imagenet32,
    levels: 3,
    depth: 8,
    results: {
      'imagenet32-1x1-d8': { mixing: '1x1', bitsPerDim: 4.18, deviation: 0.003 },
      'imagenet32-emerging-d8': { mixing: 'emerging', bitsPerDim: 4.16, deviation: 0.004 },
    },
  },
  {
    ...usual,
    title: 'small ImageNet 32',
    dataset: paperDatasets.imagenet32,
    levels: 3,
    depth: 4,
    results: {
      'imagenet32-1x1-d4': { mixing: '1x1', bitsPerDim: 4.28, deviation: 0.008 },
      'imagenet32-emerging-d4': { mixing: 'emerging', bitsPerDim: 4.25, deviation: 0.002 },
    },
  },
  {
    ...usual,
    title: 'ImageNet 64',
    dataset: paperDatasets.imagenet64,
    levels: 4,
    depth: 48,
    // 16 on each of 4 workers.
    batchSize: 64,
    results: {
      'imagenet64-1x1-d48': { mixing: '1x1', bitsPerDim: 3.81 },
      'imagenet64-emerging-d48': { mixing: 'emerging', bitsPerDim: 3.81 },
    },
  },
];
