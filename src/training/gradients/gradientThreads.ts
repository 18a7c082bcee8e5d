// The gradients of a batch by data-parallel workers, each with a share of the images.
//
// A product of narrow matrices keeps two threads busy only briefly, and the operations between products
// hardly at all; a worker with its own images waits for no other.

import { countElements, type ImageShape, type NdArray } from '../../core/numeric/index.ts';
import {
  type Groups,
  type ModelOptions,
  type ParameterLayout,
  partModules,
} from '../../flows/models/index.ts';
import { type Batch, mapBatch, sliceBatch } from '../../model/likelihood/index.ts';
import { defaultDevice, onHost, releaseOnFailure } from '../../tensor/engine/index.ts';
import { ThreadPool } from '../../tensor/engine/threads/index.ts';
import type { GradientPlan, GradientProgram, GradientRequest } from './gradientPlan.ts';
import { addInPlace, copyInto } from './gradientSum.ts';

/** What a thread is started with. */
export interface ThreadData {
  readonly options: ModelOptions;
  readonly imageShape: ImageShape;
  /** The parts of the parameter layout. */
  readonly parts: ParameterLayout['parts'];
  /** For the images of a share. */
  readonly request: Omit<GradientRequest, 'model' | 'layout' | 'loss'>;
  /** The weights, and the gradients of each share, in memory that all threads share; none if a page can't share memory. */
  readonly shared: { readonly weights: Groups; readonly gradients: readonly Groups[] } | undefined;
}

/** The images of a share, and the weights if they aren't in shared memory. */
export interface ShareRequest {
  readonly share: number;
  readonly batch: Batch;
  readonly weights: Groups | undefined;
}

/** bits/dim of each image, and the gradients if they aren't in shared memory. */
export interface ShareAnswer {
  readonly bitsPerDim: NdArray;
  readonly gradients: Groups | undefined;
}

/**
 * Plans a thread for each worker.
 *
 * @param request for the images of one worker
 * @param plan how one worker computes their gradients
 */
export function threadedGradients(
  request: GradientRequest,
  workers: number,
  { activations, bytes }: GradientPlan,
): GradientPlan {
  return {
    activations,
    workers,
    bytes: workers * bytes + copiedBytes(request.layout, workers),
    compile: () => startThreads({ ...request, activations }, workers),
  };
}

async function startThreads(request: GradientRequest, workers: number): Promise<GradientProgram> {
  const { model, layout, images, batchSize, activations } = request;
  const { precision = 'float32', device = defaultDevice, threads = 1 } = request;
  const shares = Array.from({ length: workers }, (_, share) => share);
  // Node doesn't define this.
  const canShare = globalThis.crossOriginIsolated !== false;
  const shared = canShare
    ? { weights: sharedGroups(layout, 'all'), gradients: shares.map(() => sharedGroups(layout, 'trained')) }
    : undefined;
  // In arrays of their own: a view would be sent along with its whole underlying buffer.
  const current = shared?.weights ?? layout.zeros('all');
  const data: ThreadData = {
    options: model.options,
    imageShape: model.imageShape,
    parts: layout.parts,
    request: { images, batchSize, activations, precision, device, threads },
    shared,
  };
  return releaseOnFailure(async (keep) => {
    const pool = keep(
      await ThreadPool.open<ShareRequest, ShareAnswer>(
        'gradients',
        partModules(model.options),
        shares.map(() => data),
      ),
    );
    await pool.start();
    return {
      async run(batch, weights, target) {
        copyInto(current, onHost(weights));
        const { bitsPerDim, ...gradients } = onHost({ ...target.gradients, bitsPerDim: target.bitsPerDim });
        const requests = shares.map((share) => ({
          share,
          batch: mapBatch(sliceBatch(batch, share * images, images), copyArray),
          weights: shared ? undefined : current,
        }));
        const answers = await settleAll(requests.map((each) => pool.ask(each)));
        for (const [share, answer] of answers.entries()) {
          const combine = share === 0 ? copyInto : addInPlace;
          combine(gradients, answer.gradients ?? shared!.gradients[share]!);
          bitsPerDim!.data.set(answer.bitsPerDim.data, share * images);
        }
      },
      release: () => pool.release(),
    };
  });
}

/**
 * The bytes of the workers' weights and gradients in addition to the training's own: the weights once in shared
 * memory, and for each worker the weights, its gradients, and a shared copy of these gradients.
 */
export function copiedBytes(layout: ParameterLayout, workers: number): number {
  const [all, trained] = [layoutBytes(layout, 'all'), layoutBytes(layout, 'trained')];
  return all + workers * (all + 2 * trained);
}

/** The bytes of all groups of a layout, or of the trained ones. */
export function layoutBytes(layout: ParameterLayout, kind: 'all' | 'trained'): number {
  return Object.values(layout.shapes(kind)).reduce((total, shape) => total + 4 * countElements(shape), 0);
}

/** The results of all; if some fail, the first failure, once all have settled. */
async function settleAll<Result>(promises: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

function copyArray({ shape, data }: NdArray): NdArray {
  return { shape, data: data.slice() };
}

function sharedGroups(layout: ParameterLayout, kind: 'all' | 'trained'): Groups {
  return Object.fromEntries(
    Object.entries(layout.shapes(kind)).map(([name, shape]) => {
      const bytes = Float32Array.BYTES_PER_ELEMENT * countElements(shape);
      return [name, { shape, data: new Float32Array(new SharedArrayBuffer(bytes)) }];
    }),
  );
}
