// The number of data-parallel workers: what is allowed, and what is likely to be fastest.

import { option, type Phrase, phrase, UserError } from '../../core/errors.ts';
import { availableCores } from '../../core/platform/index.ts';
import { type Flow, flowFor, networkWidth, partsWithoutModule } from '../../flows/models/index.ts';
import { buildBitsPerDim } from '../../model/likelihood/index.ts';
import { defaultDevice, deviceRecord, isHost } from '../../tensor/engine/index.ts';
import { importsModules, usesThreads } from '../../tensor/engine/threads/index.ts';
import { input, Tensor } from '../../tensor/index.ts';
import type { GradientPlan, GradientRequest } from './gradientPlan.ts';
import { likelihoodLoss } from './loss.ts';

/** The limits on the number of workers: images at a time, threads (by default one per core) and device. */
export type WorkerBounds = Pick<GradientRequest, 'images' | 'threads' | 'device'>;

/**
 * Rejects an impossible number of workers; undefined is always allowed. The decisive call is in
 * `chooseWorkers`, which no training bypasses; every other call only gives the same answer earlier,
 * before anything expensive is done.
 *
 * @throws UserError if it is not a whole number of 1 or more, or if several workers do not divide the images,
 * lack a thread each, or the device is not a CPU
 */
export function requireWorkers(workers: number | undefined, bounds: WorkerBounds): void {
  const problem = workers === undefined ? undefined : problemWith(workers, bounds);
  if (problem !== undefined) {
    throw new UserError('invalid-argument', problem);
  }
}

/** Why this number is impossible, in one line; undefined if it is possible. */
function problemWith(
  workers: number,
  { images, threads = availableCores(), device = defaultDevice }: WorkerBounds,
): string | Phrase | undefined {
  if (!Number.isInteger(workers) || workers < 1) {
    return `workers must be a whole number of 1 or more, not ${workers}`;
  }
  if (workers === 1) {
    return undefined;
  }
  if (!isHost(device)) {
    return phrase`${workers} workers need ${option('device', defaultDevice)}: they would all share the device ${device}`;
  }
  if (!usesThreads(workers)) {
    return phrase`${workers} workers need a script: pass startWorker to configureRuntime, or use ${option('workers', 1)}`;
  }
  if (images % workers !== 0) {
    return images === 1
      ? phrase`1 image cannot be divided among ${workers} workers: use ${option('workers', 1)}`
      : `${images} images cannot be divided evenly among ${workers} workers: use a divisor of ${images}`;
  }
  if (workers > threads) {
    return phrase`${workers} workers need at least one thread each: use ${option('threads', workers)} or more, not ${threads}`;
  }
  return undefined;
}

/** Networks of this width keep two threads busy with one product. */
const WIDE = 512;

/** The width of networks that have no such option. */
const USUAL_WIDTH = 64;

/** With fewer hidden activations per batch, a step is over before a thread could be notified. */
const FEW_ACTIVATIONS = 2 ** 16;

/** The least share of the threads that must have work. */
const LEAST_AT_WORK = 0.75;

/** The default number of workers: the most that divide the images and leave few threads idle. */
export function workersFor(
  { options, imageShape: [height, columns] }: Flow,
  { images, threads = availableCores(), device = defaultDevice }: WorkerBounds,
): number {
  const { depth } = options;
  const width = networkWidth(options) ?? USUAL_WIDTH;
  const activations = (images * depth * width * height * columns) / 4;
  if (!isHost(device) || width >= WIDE || activations < FEW_ACTIVATIONS) {
    return 1;
  }
  const atWork = (workers: number): number => workers * Math.floor(threads / workers);
  let workers = Math.min(threads, images);
  while (images % workers !== 0 || atWork(workers) < LEAST_AT_WORK * threads) {
    workers--;
  }
  return workers;
}

/** A number of workers, and why it is 1 where there would otherwise be several by default. */
type ChosenWorkers = Pick<GradientPlan, 'workers' | 'whyOneWorker'>;

/**
 * The number of workers for gradients: the one asked for, or the default.
 *
 * @throws UserError if that number is impossible, or several workers can't compute the loss of this model
 */
export function chooseWorkers(request: GradientRequest): ChosenWorkers {
  const { model, loss = likelihoodLoss } = request;
  requireWorkers(request.workers, request);
  const workers = request.workers ?? workersFor(model, request);
  if (workers === 1 || !usesThreads(workers)) {
    return { workers: 1 };
  }
  const remedy = option('workers', 1);
  if (loss !== likelihoodLoss) {
    return oneUnlessAsked(
      request,
      phrase`an action is a function, which cannot be sent to ${workers} workers: use ${remedy}`,
    );
  }
  const local = localParts(model);
  if (local !== undefined) {
    const problem = phrase`${local}: add module: import.meta.url to its definition, in a module of its own, or use ${remedy}`;
    return { ...oneUnlessAsked(request, problem), whyOneWorker: local };
  }
  return isRebuiltFromOptions(model)
    ? { workers }
    : oneUnlessAsked(
        request,
        phrase`each of ${workers} workers builds the flow from its options, which give a different flow: define yours with define.flow and set flow in its options, or use ${remedy}`,
      );
}

/** One worker, which is the default where several are impossible. */
function oneUnlessAsked({ workers }: GradientRequest, problem: Phrase): ChosenWorkers {
  if (workers !== undefined) {
    throw new UserError('unsupported', problem);
  }
  return { workers: 1 };
}

/** The parts of a model that its threads could not import, in words. */
function localParts({ options }: Flow): string | undefined {
  const parts = importsModules ? partsWithoutModule(options) : [];
  return parts.length === 0
    ? undefined
    : `gradients need one worker, because ${parts.join(' and ')} ${parts.length === 1 ? 'has' : 'have'} no module that others could import`;
}

/** The threads that share the operations of a worker. */
export function threadsEach(
  workers: number,
  { threads = availableCores(), device = defaultDevice }: Omit<WorkerBounds, 'images'>,
): number {
  return deviceRecord(device).singleThreaded ? 1 : Math.floor(threads / workers);
}

/**
 * Whether the options of a flow build one that computes the same likelihoods from the same parameters. A flow assembled by
 * hand may have the options of another one, even with parameters of the same names and shapes.
 */
function isRebuiltFromOptions(model: Flow): boolean {
  return describeComputation(model) === describeComputation(flowFor(model.imageShape, model.options));
}

/** The likelihood of one image as text: each operation, with what it needs and the places of its inputs. */
function describeComputation(model: Flow): string {
  const specs = Object.entries(model.parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  const tensors = Object.fromEntries(specs.map(([path, { shape }]) => [path, input(path, shape)]));
  const places = new Map<Tensor, number>();
  const lines = specs.map(([path, { shape }]) => `${path} ${shape}`);
  // Depth first from the result, not by creation: some constants are older than the graph.
  const open = [buildBitsPerDim(model, 1, tensors).bitsPerDim];
  for (let tensor = open.at(-1); tensor; tensor = open.at(-1)) {
    const waiting = tensor.inputs.filter((operand) => !places.has(operand));
    if (waiting.length > 0) {
      open.push(...waiting);
      continue;
    }
    open.pop();
    if (!places.has(tensor)) {
      places.set(tensor, places.size);
      const { operation, attributes, inputs } = tensor;
      const from = inputs.map((operand) => places.get(operand));
      lines.push(`${operation.name} ${JSON.stringify(attributes, withoutTensors)} ${from}`);
    }
  }
  return lines.join('\n');
}

/** A graph inside an operation is not compared. */
function withoutTensors(_: string, value: unknown): unknown {
  return value instanceof Tensor ? null : value;
}
