// How many threads have images of their own: what is allowed, and what is likely to be fastest.
import type { Device } from '../../engine/devices/device.ts';
import { option, type Phrase, phrase, UserError } from '../../errors.ts';
import type { Glow } from '../../models/glow.ts';
import { availableCores } from '../../platform/machine.node.ts';

/** What bounds the number of workers. */
export interface WorkerBounds {
  /** Images at a time. */
  readonly images: number;
  /** By default one a core. */
  readonly threads?: number | undefined;
  /** Default cpu. */
  readonly device?: Device | undefined;
}

/**
 * Refuses a number of workers that there cannot be; without one there is nothing to refuse. The contract is the call
 * in `planSharedGradients`, which no training goes around; every other call only gives the same answer earlier, before
 * anything expensive is done.
 *
 * @throws UserError if it is no whole number of 1 or more, or several workers do not divide the images, have no thread
 * each, or the device is no CPU
 */
export function requireWorkers(workers: number | undefined, bounds: WorkerBounds): void {
  const problem = workers === undefined ? undefined : problemWith(workers, bounds);
  if (problem !== undefined) {
    throw new UserError('invalid-argument', problem);
  }
}

/** Why there cannot be so many, in a line; undefined where there can. */
function problemWith(
  workers: number,
  { images, threads = availableCores(), device = 'cpu' }: WorkerBounds,
): string | Phrase | undefined {
  if (!Number.isInteger(workers) || workers < 1) {
    return `workers must be a whole number of 1 or more, not ${workers}`;
  }
  if (workers === 1) {
    return undefined;
  }
  if (device !== 'cpu') {
    return phrase`${workers} workers need ${option('device', 'cpu')}: the device ${device} is shared by all`;
  }
  if (images % workers !== 0) {
    return images === 1
      ? phrase`1 image at a time cannot be divided among ${workers} workers: use ${option('workers', 1)}`
      : `${images} images at a time cannot be divided among ${workers} workers: use a divisor of ${images}`;
  }
  if (workers > threads) {
    return phrase`${workers} workers need a thread each: use ${option('threads', workers)} or more, not ${threads}`;
  }
  return undefined;
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
  { images, threads = availableCores(), device = 'cpu' }: WorkerBounds,
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
