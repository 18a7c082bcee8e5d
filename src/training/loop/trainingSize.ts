// How large a training is, found out before anything is allocated.

import type { ImageShape } from '../../core/numeric/index.ts';
import { availableBytes } from '../../core/platform/index.ts';
import { countParameters, ParameterLayout } from '../../flows/models/index.ts';
import { momentLayouts } from '../../runs/contents/stored.ts';
import { type Config, checkModelShape, modelFor } from '../../runs/settings/index.ts';
import { optimizers } from '../../tensor/optimizers/index.ts';
import { layoutBytes } from '../gradients/gradientThreads.ts';
import { planGradients } from '../gradients/planGradients.ts';

/** The size of a training. */
export interface TrainingSize {
  /** Trained parameters, not counting those masked out. */
  readonly parameters: number;
  /** Approximate peak bytes: weights, moments, average and gradients, and the activations of a step. */
  readonly bytes: number;
  /** The bytes that may be allocated here. */
  readonly available: number;
  /** Whether it fits; if not even the weights do, `bytes` counts only the weights. */
  readonly fits: boolean;
}

/** Where a training would run. */
export interface TrainingSizeOptions {
  /** By default one per core. */
  readonly threads?: number | undefined;
  /** The number of data-parallel workers; by default what is likely to be fastest. */
  readonly workers?: number | undefined;
  /** The bytes that may be allocated; by default what the system or the browser says. */
  readonly available?: number | undefined;
}

/** The runtime holds about twice what is live. */
const RUNTIME_SHARE = 2;

/**
 * The size of a training with this configuration on images of this shape.
 *
 * @throws UserError if the images do not fit the model, or the number of workers is impossible
 */
export function trainingSize(
  { model: options, training }: Config,
  imageShape: ImageShape,
  { threads, workers, available = availableBytes() }: TrainingSizeOptions = {},
): TrainingSize {
  checkModelShape(options, imageShape);
  const model = modelFor(options, imageShape);
  const parameters = countParameters(imageShape, options);
  const layout = new ParameterLayout(model.parameters);
  const moments = Object.values(momentLayouts(layout, optimizers.resolve(training.optimizer).definition));
  // In addition to the weights: their average, the gradients, and the moments.
  const state =
    layoutBytes(layout, 'all') +
    2 * layoutBytes(layout, 'trained') +
    moments.reduce((total, momentLayout) => total + layoutBytes(momentLayout, 'trained'), 0);
  if (state > available) {
    return { parameters, bytes: state, available, fits: false };
  }
  const plan = planGradients({
    model,
    layout,
    images: training.microBatch,
    batchSize: training.batchSize,
    available: available - state,
    workers,
    ...(threads !== undefined && { threads }),
  });
  const bytes = state + RUNTIME_SHARE * plan.bytes;
  return { parameters, bytes, available, fits: bytes <= available };
}
