// The experiments that have a name: each with its configuration and the result reported for it.

import { mnist } from '../data/mnist.ts';
import { unknownName } from '../errors.ts';
import type { ImageShape } from '../numeric/imageShape.ts';
import type { ConfigLayer } from './config.ts';

/** A result that others report for an experiment. */
export interface ReportedResult {
  /** On the test images. */
  readonly bitsPerDim: number;
  /** The deviation over repeated runs, where it is reported. */
  readonly deviation?: number;
  /** Who reports it: the paper on emerging convolutions, or others with the same model. */
  readonly source: 'paper' | 'others';
}

/** An experiment with a name. */
export interface Preset {
  /** The word after `--preset`. */
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  /** The size of the dataset's images. */
  readonly imageShape: ImageShape;
  /** What the experiment sets; the rest are defaults. */
  readonly config: ConfigLayer;
  /** What others reached with it; undefined where nobody reports a result. */
  readonly reported?: ReportedResult;
  /** The folder below `runs` that its runs go to; by default its name. */
  readonly folder?: string;
}

const mnistQuickstart = {
  data: { name: mnist.name },
  model: { levels: 2, depth: 4, width: 64, mixing: 'emerging' },
  training: { learningRate: 0.01, warmupSteps: 100, decay: 0.33, batchSize: 64, steps: 1500 },
} satisfies ConfigLayer;

/** Every preset, in the order in which they are listed. */
export const presets: readonly Preset[] = [
  {
    name: 'mnist-quickstart',
    description: 'A small emerging flow on MNIST that trains in minutes on a CPU.',
    imageShape: mnist.imageShape,
    config: mnistQuickstart,
    folder: 'quickstart',
  },
  {
    name: 'mnist-1x1',
    description: 'The model of mnist-quickstart with 1x1 convolutions in place of emerging ones, to compare.',
    imageShape: mnist.imageShape,
    config: { ...mnistQuickstart, model: { ...mnistQuickstart.model, mixing: '1x1' } },
  },
  {
    name: 'mnist-emerging-d16',
    description: 'A full-width emerging flow on MNIST, for which others report 1.09 bits/dim.',
    imageShape: mnist.imageShape,
    config: {
      data: { name: mnist.name },
      model: { levels: 2, depth: 16, width: 512, mixing: 'emerging', learnedPrior: true },
      training: { learningRate: 0.001, warmupEpochs: 10, batchSize: 64, epochs: 100 },
    },
    reported: { bitsPerDim: 1.09, source: 'others' },
  },
];

/**
 * The preset of this name.
 *
 * @throws UserError with the nearest names if there is none
 */
export function findPreset(name: string): Preset {
  const preset = presets.find((candidate) => candidate.name === name);
  if (preset === undefined) {
    throw unknownName(
      'preset',
      name,
      presets.map((known) => known.name),
    );
  }
  return preset;
}
