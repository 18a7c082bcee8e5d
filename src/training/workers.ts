// How many threads have images of their own: what is allowed, and what is likely to be fastest.
import { availableParallelism } from 'node:os';
import type { Device } from '../engine/runtime.node.ts';
import { UserError } from '../errors.ts';
import type { Glow } from '../models/glow.ts';

/** What there is to share among workers. */
export interface Shared {
  /** Images at a time. */
  readonly images: number;
  /** By default one a core. */
  readonly threads?: number | undefined;
  /** Default cpu. */
  readonly device?: Device | undefined;
}

/**
 * Refuses a number of workers that there cannot be; without one there is nothing to refuse. It takes no time: ask
 * before anything expensive is done.
 *
 * @throws UserError if the workers do not divide the images, have no thread each, or the device is no CPU
 */
export function requireWorkers(
  workers: number | undefined,
  { images, threads = availableParallelism(), device = 'cpu' }: Shared,
): void {
  if (workers === undefined || workers === 1) {
    return;
  }
  const problem =
    device !== 'cpu'
      ? `${workers} workers need --device cpu: the device ${device} is one for all`
      : images % workers !== 0
        ? `${images} images at a time (training.microBatch) cannot be shared by ${workers} workers: take a divisor of ${images}`
        : workers > threads
          ? `${workers} workers need a thread each: --threads ${workers} or more, not ${threads}`
          : undefined;
  if (problem !== undefined) {
    throw new UserError(problem, { exitCode: 2 });
  }
}

/** Networks of this width keep two threads busy with one product. */
const WIDE = 512;

/** Below so many hidden activations in a batch a step is over before a thread could be told of it. */
const FEW_ACTIVATIONS = 2 ** 16;

/** At least this share of the threads is to have work. */
const LEAST_AT_WORK = 0.75;

/** The threads that are given images of their own: the most that divide the images and leave few threads idle. */
export function workersFor(
  { options: { depth, width }, imageShape: [height, columns] }: Glow,
  { images, threads = availableParallelism(), device = 'cpu' }: Shared,
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
