// Threads that work out the gradients of their share of each batch, and what they share in memory.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { CompileOptions } from '../../engine/program.ts';
import type { Glow } from '../../models/glow.ts';
import { type NdArray, sizeOf } from '../../numeric/ndarray.ts';
import { type Batch, partOf } from '../likelihood.ts';
import type { Groups, ParameterLayout } from '../parameterLayout.ts';
import type { GradientOptions } from './gradientPlan.ts';
import type { GradientProgram } from './gradientProgram.ts';
import { addInPlace, copyInto } from './gradientSum.ts';
import type { ThreadData, ThreadRequest } from './gradientThread.ts';

/** Starts threads with a program each, for the share of the images that `plan` says. */
export async function startGradientThreads(
  model: Glow,
  layout: ParameterLayout,
  plan: GradientOptions,
  workers: number,
  { precision = 'float32', threads = 1, profile }: CompileOptions,
): Promise<GradientProgram> {
  const weights = sharedGroups(layout.shapes());
  const started: { worker: Worker; gradients: Groups }[] = [];
  try {
    for (let index = 0; index < workers; index++) {
      const gradients = sharedGroups(layout.shapes('trained'));
      const data: ThreadData = {
        model: model.options,
        imageShape: model.imageShape,
        plan,
        // Each thread counts the files of its own sessions only.
        engine: { precision, threads, ...(profile && { profile: `${profile}-${index}` }) },
        weights,
        gradients,
      };
      started.push({ worker: startThread(data), gradients });
    }
    await Promise.all(started.map(({ worker }) => answerOf(worker)));
  } catch (error) {
    await Promise.allSettled(started.map(({ worker }) => worker.terminate()));
    throw error;
  }
  return new ThreadedGradients(weights, started);
}

/** Threads with their programs, and what they share. */
class ThreadedGradients implements GradientProgram {
  private readonly weights: Groups;
  private readonly threads: readonly { worker: Worker; gradients: Groups }[];

  constructor(weights: Groups, threads: readonly { worker: Worker; gradients: Groups }[]) {
    this.weights = weights;
    this.threads = threads;
  }

  async run(batch: Batch, weights: Groups, into: Groups): Promise<NdArray> {
    copyInto(this.weights, weights);
    const images = batch.image.shape[0]! / this.threads.length;
    const parts = this.threads.map((_, index) => copyOf(partOf(batch, index * images, images)));
    const answers = await allOf(this.threads.map(({ worker }, index) => ask(worker, parts[index]!)));
    this.threads.forEach(({ gradients }, index) => {
      const combine = index === 0 ? copyInto : addInPlace;
      combine(into, gradients);
    });
    const bitsPerDim = new Float32Array(answers.length * images);
    answers.forEach(({ data }, index) => {
      bitsPerDim.set(data, index * images);
    });
    return { shape: [bitsPerDim.length], data: bitsPerDim };
  }

  async release(): Promise<void> {
    await Promise.all(
      this.threads.map(async ({ worker }) => {
        if (hasEnded(worker)) {
          return;
        }
        const ended = once(worker, 'exit');
        worker.postMessage('end' satisfies ThreadRequest);
        await ended;
      }),
    );
  }
}

/** Whether a thread is over, as one that failed is. */
function hasEnded({ threadId }: Worker): boolean {
  return threadId === -1;
}

/** The results of all; where some fail, the first failure, once all have ended. */
async function allOf<Result>(asked: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(asked);
  return Promise.all(asked);
}

/** What a thread finds for its images; fails if the thread does. */
function ask(worker: Worker, batch: Batch): Promise<NdArray> {
  const answer = answerOf(worker);
  worker.postMessage(batch satisfies ThreadRequest);
  return answer as Promise<NdArray>;
}

/** The next message of a thread; fails if the thread does, and if it is over without one. */
async function answerOf(worker: Worker): Promise<unknown> {
  if (hasEnded(worker)) {
    throw new Error('a thread that works out gradients is over');
  }
  const listening = new AbortController();
  const ended = once(worker, 'exit', listening).then(([code]) => {
    throw new Error(`a thread that works out gradients ended with ${code}`);
  });
  try {
    const [answer] = await Promise.race([once(worker, 'message', listening), ended]);
    return answer;
  } finally {
    listening.abort();
  }
}

/** A batch in arrays of its own: a view would be sent with all that it is a view of. */
function copyOf({ image, noise }: Batch): Batch {
  const copied = ({ shape, data }: NdArray): NdArray => ({ shape, data: data.slice() });
  return { image: copied(image), noise: copied(noise) };
}

function sharedGroups(shapes: Readonly<Record<string, readonly number[]>>): Groups {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const memory = new SharedArrayBuffer(Float32Array.BYTES_PER_ELEMENT * sizeOf(shape));
      return [name, { shape, data: new Float32Array(memory) }];
    }),
  );
}

function startThread(data: ThreadData): Worker {
  const entry = import.meta.url.replace(/gradientThreads(\.[jt]s)$/, 'gradientThread$1');
  if (entry.endsWith('.js')) {
    return new Worker(new URL(entry), { workerData: data });
  }
  // From the sources: what translates TypeScript in this thread does not do so in another.
  const translator = import.meta.resolve('tsx/esm/api');
  const [first, then] = [JSON.stringify(translator), JSON.stringify(entry)];
  const start = `import(${first}).then(({ register }) => { register(); return import(${then}); })`;
  return new Worker(start, { eval: true, workerData: data });
}
