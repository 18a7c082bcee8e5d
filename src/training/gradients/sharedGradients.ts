// The gradients of a batch by several threads, each of which has a share of the images.
//
// A product of narrow matrices keeps two threads busy for a short time only, and what lies between products hardly at
// all; a thread that works on images of its own waits for nobody.
import type { Glow } from '../../models/glow.ts';
import { sizeOf } from '../../numeric/ndarray.ts';
import { availableBytes, availableCores } from '../../platform/machine.node.ts';
import type { ParameterLayout } from '../parameterLayout.ts';
import { type GradientOptions, type GradientPlan, planGradients } from './gradientPlan.ts';
import { startGradientThreads } from './gradientThreads.ts';
import { requireWorkers, workersFor } from './workers.ts';

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

/**
 * How gradients are worked out, and by how many threads with images of their own. The bytes are those of all threads,
 * with the weights and gradients that each has for itself.
 */
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
  { threads = availableCores(), ...options }: SharingOptions,
): SharedPlan {
  const { images, available = availableBytes() } = options;
  requireWorkers(options.workers, { ...options, threads });
  const workers = options.workers ?? workersFor(model, { ...options, threads });
  if (workers === 1) {
    return { ...planGradients(model, layout, options), workers, threadsEach: threads };
  }
  const threadsEach = Math.floor(threads / workers);
  const copies = bytesOfCopies(layout, workers);
  const share = { images: images / workers, batchSize: options.batchSize };
  const plan = planGradients(model, layout, {
    ...share,
    activations: options.activations,
    available: Math.max(0, available - copies) / workers,
  });
  const { activations } = plan;
  return {
    activations,
    bytes: workers * plan.bytes + copies,
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

/**
 * The bytes of the weights and gradients that workers have besides those of the training: the weights once where all
 * see them, and for each worker the weights, its gradients, and these where the others see them.
 */
function bytesOfCopies(layout: ParameterLayout, workers: number): number {
  const [weights, gradients] = (['all', 'trained'] as const).map((which) =>
    Object.values(layout.shapes(which)).reduce((total, shape) => total + 4 * sizeOf(shape), 0),
  ) as [number, number];
  return weights + workers * (weights + 2 * gradients);
}
