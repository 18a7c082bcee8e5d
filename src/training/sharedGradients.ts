// The gradients of a batch by several threads, each of which has a share of the images.
//
// A product of narrow matrices keeps two threads busy for a short time only, and what lies between products hardly at
// all; a thread that works on images of its own waits for nobody.
import { availableParallelism } from 'node:os';
import { UserError } from '../errors.ts';
import type { Glow } from '../models/glow.ts';
import { availableBytes, type GradientOptions, type GradientPlan, planGradients } from './gradientProgram.ts';
import { startGradientThreads } from './gradientThreads.ts';
import type { ParameterLayout } from './parameterLayout.ts';

/** What gradients are worked out for, and with how many threads. */
export interface SharingOptions extends GradientOptions {
  /** By default one a core. */
  readonly threads?: number;
  /**
   * The threads that have images of their own, a divisor of `images` and at most `threads`; by default what is likely to
   * be fastest.
   */
  readonly workers?: number | undefined;
}

/** How gradients are worked out, and by how many threads with images of their own. */
export interface SharedPlan extends GradientPlan {
  /** 1 where all threads work on the same images. */
  readonly workers: number;
  /** The threads that share the operations of a worker. */
  readonly threadsEach: number;
}

/**
 * Decides how the images are shared, what becomes of the activations, and how the gradients are worked out then.
 *
 * @throws UserError if there cannot be as many workers as were asked for
 */
export function planSharedGradients(
  model: Glow,
  layout: ParameterLayout,
  { threads = availableParallelism(), ...options }: SharingOptions,
): SharedPlan {
  const { images, available = availableBytes() } = options;
  const workers = options.workers ?? workersFor(model, { ...options, threads });
  if (workers === 1) {
    return { ...planGradients(model, layout, options), workers, threadsEach: threads };
  }
  const problem = problemOf(workers, { ...options, threads });
  if (problem !== undefined) {
    throw new UserError(problem, { exitCode: 2 });
  }
  const threadsEach = Math.floor(threads / workers);
  const share = { images: images / workers, batchSize: options.batchSize };
  const plan = planGradients(model, layout, {
    ...share,
    activations: options.activations,
    available: available / workers,
  });
  const { activations } = plan;
  return {
    activations,
    bytes: workers * plan.bytes,
    runs: new Map([...plan.runs].map(([definition, count]) => [definition, workers * count])),
    workers,
    threadsEach,
    compile: (engine) =>
      startGradientThreads(model, layout, { ...share, activations }, workers, {
        ...engine,
        threads: threadsEach,
      }),
  };
}

/** What keeps so many workers from sharing the images; undefined where nothing does. */
function problemOf(
  workers: number,
  { images, device = 'cpu', threads }: SharingOptions & { threads: number },
): string | undefined {
  if (device !== 'cpu') {
    return `${workers} workers need --device cpu: the device ${device} is one for all`;
  }
  if (images % workers !== 0) {
    return `${images} images at a time (training.microBatch) cannot be shared by ${workers} workers: take a divisor of ${images}`;
  }
  return workers > threads
    ? `${workers} workers need a thread each: --threads ${workers} or more, not ${threads}`
    : undefined;
}

/** Networks of this width keep two threads busy with one product. */
const WIDE = 512;

/** Below so many hidden activations in a batch a step is over before a thread could be told of it. */
const FEW_ACTIVATIONS = 2 ** 16;

/** At least this share of the threads is to have work. */
const LEAST_AT_WORK = 0.75;

/** The threads that are given images of their own: the most that divide the images and leave few threads idle. */
function workersFor(
  { options: { depth, width }, imageShape: [height, columns] }: Glow,
  { images, threads, device = 'cpu' }: SharingOptions & { threads: number },
): number {
  const activations = (images * depth * width * height * columns) / 4;
  if (device !== 'cpu' || width >= WIDE || activations < FEW_ACTIVATIONS) {
    return 1;
  }
  const atWork = (workers: number): number => workers * Math.floor(threads / workers);
  let workers = Math.min(threads, images);
  while (images % workers !== 0 || atWork(workers) < LEAST_AT_WORK * threads) {
    workers--;
  }
  return workers;
}
