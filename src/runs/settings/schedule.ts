// The schedule of a run: lengths, rates and clipping norm, from a configuration and the number of training
// images.
import { UserError } from '../../core/errors.ts';
import type { Config } from './configSchema.ts';

/** The lengths and rates of a run, in steps (updates of the weights). */
export interface Schedule {
  /** ⌈training images / batchSize⌉. */
  readonly stepsPerEpoch: number;
  /** The total from the start of the run. */
  readonly totalSteps: number;
  /** The number of first steps over which the rate rises linearly; 0 for none. */
  readonly warmupSteps: number;
  /** The number of last steps over which the rate falls; 0 for none. */
  readonly decaySteps: number;
  /** How it falls. */
  readonly decayCurve: 'linear' | 'cosine';
  /** The rate between warm-up and decay. */
  readonly learningRate: number;
  /** The decay of the moving average of the weights, to be corrected for its zero start. */
  readonly averageDecay: number;
  /** The maximum gradient norm; absent without clipping. */
  readonly clipNorm?: number;
}

/**
 * The schedule of a run on `trainingImages` images (validation images not counted).
 *
 * @throws UserError without training images, or with fewer than a step takes
 */
export function createSchedule(config: Config, trainingImages: number): Schedule {
  if (trainingImages < 1) {
    throw new UserError(
      'invalid-data',
      `${config.data.name} has no training images: lower data.validation or add images`,
    );
  }
  const { batchSize, steps, epochs, warmupSteps, warmupEpochs, learningRate, averageDecay, clipNorm } =
    config.training;
  const { decay, decayCurve = 'linear' } = config.training;
  if (batchSize > trainingImages) {
    throw new UserError(
      'invalid-config',
      `training.batchSize is ${batchSize}, but ${config.data.name} has only ${trainingImages} training ${trainingImages === 1 ? 'image' : 'images'}: ` +
        `set, for example, training.batchSize=${2 ** Math.floor(Math.log2(trainingImages))}`,
    );
  }
  const stepsPerEpoch = Math.ceil(trainingImages / batchSize);
  const totalSteps = steps ?? epochs! * stepsPerEpoch;
  return {
    stepsPerEpoch,
    totalSteps,
    warmupSteps: warmupSteps ?? warmupEpochs! * stepsPerEpoch,
    decaySteps: decay === 'none' ? 0 : Math.round(decay * totalSteps),
    decayCurve,
    learningRate,
    averageDecay: averageDecay === 'auto' ? 1 - 1 / stepsPerEpoch : averageDecay,
    ...(clipNorm !== 'none' && { clipNorm }),
  };
}

/** The largest share of the steps that a warm-up takes if a time budget chooses their number. */
const MOST_WARMUP = 0.1;

/** A configuration with another number of steps; a warm-up longer than a tenth of them is shortened to a tenth. */
export function withSteps(config: Config, steps: number, trainingImages: number): Config {
  const { warmupSteps } = createSchedule(config, trainingImages);
  const mostWarmup = Math.floor(MOST_WARMUP * steps);
  const { epochs: _, ...training } = config.training;
  const { warmupEpochs: __, ...others } = training;
  return {
    ...config,
    training:
      warmupSteps > mostWarmup ? { ...others, steps, warmupSteps: mostWarmup } : { ...training, steps },
  };
}

/**
 * The learning rate of step t = 1, 2, …: `learningRate · min(1, t / warmupSteps) · d` with `d = min(1, (T + 1 - t) / decaySteps)`
 * and T the total number of steps; along a cosine, (1 − cos(π·d)) / 2 instead of d.
 *
 * The decay mirrors the warm-up: the last step still has a rate above 0, and the rate is 0 after it.
 */
export function learningRateAt(step: number, schedule: Schedule): number {
  const { learningRate, warmupSteps, decaySteps, decayCurve, totalSteps } = schedule;
  const warmup = step < warmupSteps ? step / warmupSteps : 1;
  const stepsLeft = Math.max(0, totalSteps + 1 - step);
  const decay = stepsLeft < decaySteps ? stepsLeft / decaySteps : 1;
  return learningRate * warmup * (decayCurve === 'cosine' ? (1 - Math.cos(Math.PI * decay)) / 2 : decay);
}
