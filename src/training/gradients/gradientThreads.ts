// The gradients of a batch by threads, each of which computes those of a share of the images.
import { onHost } from '../../engine/arrays.ts';
import { defaultDevice } from '../../engine/devices/device.ts';
import type { CompileOptions } from '../../engine/program.ts';
import { releaseOnFailure } from '../../engine/resources.ts';
import type { Handler } from '../../engine/threads/messages.ts';
import { ThreadPool } from '../../engine/threads/pool.ts';
import type { Flow } from '../../models/flow.ts';
import { flowFor } from '../../models/flowRegistry.ts';
import type { ModelOptions } from '../../models/options.ts';
import { type Groups, ParameterLayout } from '../../models/parameterLayout.ts';
import { modulesOf } from '../../models/parts.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { type NdArray, sizeOf } from '../../numeric/ndarray.ts';
import { type Batch, mapBatch, partOf } from '../../trained/likelihood/likelihood.ts';
import { type GradientOptions, planGradients } from './gradientPlan.ts';
import type { GradientProgram } from './gradientProgram.ts';
import { addInPlace, copyInto } from './gradientSum.ts';

/** What a thread is started with. */
interface ThreadData {
  readonly model: ModelOptions;
  readonly imageShape: ImageShape;
  /** The parts of the parameter layout. */
  readonly parts: ParameterLayout['parts'];
  readonly plan: GradientOptions;
  readonly engine: CompileOptions;
  /** Memory that all threads share; none if a page may not share memory. */
  readonly shared: SharedArrays | undefined;
}

/** The weights, and the gradients of each share, in shared memory. */
interface SharedArrays {
  readonly weights: Groups;
  readonly gradients: readonly Groups[];
}

/** The images of a share, and the weights if they aren't in shared memory. */
interface ShareRequest {
  readonly share: number;
  readonly batch: Batch;
  readonly weights: Groups | undefined;
}

/** bits/dim of each image, and the gradients if they aren't in shared memory. */
interface ShareAnswer {
  readonly bitsPerDim: NdArray;
  readonly gradients: Groups | undefined;
}

/** Starts threads with one program each, for the share of the images set by `plan`. */
export async function startGradientThreads(
  model: Flow,
  layout: ParameterLayout,
  plan: GradientOptions,
  workers: number,
  { precision = 'float32', device = defaultDevice, threads = 1, profile }: CompileOptions,
): Promise<GradientProgram> {
  const shares = Array.from({ length: workers }, (_, share) => share);
  // Node doesn't define this.
  const shared =
    globalThis.crossOriginIsolated !== false
      ? { weights: sharedGroups(layout, 'all'), gradients: shares.map(() => sharedGroups(layout, 'trained')) }
      : undefined;
  // In arrays of their own: a view would be sent along with its whole underlying buffer.
  const current = shared?.weights ?? layout.zeros('all');
  const data = shares.map(
    (share): ThreadData => ({
      model: model.options,
      imageShape: model.imageShape,
      parts: layout.parts,
      plan,
      // Each thread numbers only the files of its own sessions.
      engine: { precision, device, threads, ...(profile && { profile: `${profile}-${share}` }) },
      shared,
    }),
  );
  return releaseOnFailure(async (keep) => {
    const pool = keep(
      await ThreadPool.open<ShareRequest, ShareAnswer>('gradients', modulesOf(model.options), data),
    );
    await pool.start();
    return {
      async run(batch, weights, target) {
        copyInto(current, onHost(weights));
        const { bitsPerDim, ...into } = onHost({ ...target.gradients, bitsPerDim: target.bitsPerDim });
        const images = batch.image.shape[0]! / workers;
        const answers = await allOf(
          shares.map((share) =>
            pool.ask({
              share,
              batch: mapBatch(partOf(batch, share * images, images), copyOf),
              weights: shared ? undefined : current,
            }),
          ),
        );
        answers.forEach((answer, share) => {
          const combine = share === 0 ? copyInto : addInPlace;
          combine(into, answer.gradients ?? shared!.gradients[share]!);
          bitsPerDim!.data.set(answer.bitsPerDim.data, share * images);
        });
      },
      release: () => pool.release(),
    };
  });
}

/** The work of a thread. */
export async function openGradients({
  model: options,
  imageShape,
  parts,
  plan,
  engine,
  shared,
}: ThreadData): Promise<Handler<ShareRequest, ShareAnswer>> {
  const model = flowFor(imageShape, options);
  const layout = new ParameterLayout(model.parameters, 'large ones apart', parts);
  const program = await planGradients(model, layout, plan).compile(engine);
  // The runtime does not accept memory shared between threads.
  const [ownWeights, ownGradients] = [layout.zeros('all'), layout.zeros()];
  return {
    async answer({ share, batch, weights }) {
      copyInto(ownWeights, weights ?? shared!.weights);
      const images = batch.image.shape[0]!;
      const bitsPerDim = { shape: [images], data: new Float32Array(images) };
      await program.run(batch, ownWeights, { bitsPerDim, gradients: ownGradients });
      if (shared) {
        copyInto(shared.gradients[share]!, ownGradients);
      }
      return { bitsPerDim, gradients: shared ? undefined : ownGradients };
    },
    release: () => program.release(),
  };
}

/** The results of all; if some fail, the first failure, once all have settled. */
async function allOf<Result>(asked: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(asked);
  return Promise.all(asked);
}

function copyOf({ shape, data }: NdArray): NdArray {
  return { shape, data: data.slice() };
}

function sharedGroups(layout: ParameterLayout, which: 'all' | 'trained'): Groups {
  return Object.fromEntries(
    Object.entries(layout.shapes(which)).map(([name, shape]) => {
      const bytes = Float32Array.BYTES_PER_ELEMENT * sizeOf(shape);
      return [name, { shape, data: new Float32Array(new SharedArrayBuffer(bytes)) }];
    }),
  );
}
