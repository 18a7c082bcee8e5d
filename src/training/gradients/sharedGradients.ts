// The gradients of a batch by several data-parallel workers, each with a share of the images.
//
// A product of narrow matrices keeps two threads busy only briefly, and the operations between products
// hardly at all; a worker with its own images waits for no other.
import { defaultDevice, deviceRecord } from '../../engine/devices/device.ts';
import { usesThreads } from '../../engine/threads/port.node.ts';
import { option, phrase, UserError } from '../../errors.ts';
import type { Flow } from '../../models/flow.ts';
import type { ParameterLayout } from '../../models/parameterLayout.ts';
import { sizeOf } from '../../numeric/ndarray.ts';
import { availableBytes, availableCores } from '../../platform/machine.node.ts';
import { type GradientOptions, type GradientPlan, planGradients } from './gradientPlan.ts';
import { startGradientThreads } from './gradientThreads.ts';
import { likelihoodLoss } from './loss.ts';
import { isRebuiltFromOptions } from './rebuiltFlow.ts';
import { requireWorkers, workersFor } from './workers.ts';

/** What gradients are computed for, and with how many threads. */
export interface SharingOptions extends GradientOptions {
  /** By default one per core. */
  readonly threads?: number;
  /**
   * The number of data-parallel workers, a divisor of `images` and at most `threads`; by default what is
   * likely to be fastest.
   */
  readonly workers?: number | undefined;
}

/**
 * How gradients are computed, and by how many data-parallel workers. The bytes count all workers
 * together, including each one's own weights and gradients.
 */
export interface SharedPlan extends GradientPlan {
  /** 1 if all threads work on the same images. */
  readonly workers: number;
  /** The threads that share the operations of a worker. */
  readonly threadsEach: number;
}

/**
 * Decides how the images are divided, whether activations are kept, and how the gradients are computed
 * accordingly.
 *
 * @throws UserError if the requested number of workers is impossible
 */
export function planSharedGradients(
  model: Flow,
  layout: ParameterLayout,
  { threads = availableCores(), ...options }: SharingOptions,
): SharedPlan {
  const { images, device = defaultDevice, available = availableBytes() } = options;
  requireWorkers(options.workers, { ...options, threads });
  const workers = workersThatShare(model, { ...options, threads });
  const threadsEach = deviceRecord(device).singleThreaded ? 1 : Math.floor(threads / workers);
  if (workers === 1) {
    return { ...planGradients(model, layout, options), workers, threadsEach };
  }
  const copies = bytesOfCopies(layout, workers);
  const share = { images: images / workers, batchSize: options.batchSize, device };
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

/** The number of workers, each of which builds the flow from its options. */
function workersThatShare(model: Flow, options: SharingOptions & { readonly threads: number }): number {
  const { loss = likelihoodLoss } = options;
  if (loss !== likelihoodLoss) {
    if (options.workers !== undefined && options.workers > 1) {
      throw new UserError(
        'unsupported',
        phrase`an action is a function, which cannot be sent to ${options.workers} workers: use ${option('workers', 1)}`,
      );
    }
    return 1;
  }
  const likely = options.workers ?? workersFor(model, options);
  const workers = usesThreads(likely) ? likely : 1;
  if (workers === 1 || isRebuiltFromOptions(model)) {
    return workers;
  }
  if (options.workers === undefined) {
    return 1;
  }
  throw new UserError(
    'unsupported',
    phrase`each of ${workers} workers builds the flow from its options, and they build another one than this: register yours with registerFlow and set flow in its options, or use ${option('workers', 1)}`,
  );
}

/**
 * The bytes of the workers' weights and gradients besides the training's own: the weights once in shared
 * memory, and for each worker the weights, its gradients, and a shared copy of these gradients.
 */
function bytesOfCopies(layout: ParameterLayout, workers: number): number {
  const [weights, gradients] = (['all', 'trained'] as const).map((which) =>
    Object.values(layout.shapes(which)).reduce((total, shape) => total + 4 * sizeOf(shape), 0),
  ) as [number, number];
  return weights + workers * (weights + 2 * gradients);
}
