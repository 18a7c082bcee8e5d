// Threads that compute the gradients of their share of each batch, and their shared memory.
import { onHost, type ProgramArrays } from '../../engine/arrays.ts';
import { defaultDevice } from '../../engine/devices/device.ts';
import type { CompileOptions } from '../../engine/program.ts';
import type { Flow } from '../../models/flow.ts';
import type { Groups, ParameterLayout } from '../../models/parameterLayout.ts';
import { modulesOf } from '../../models/parts.ts';
import { sizeOf } from '../../numeric/ndarray.ts';
import { type Batch, mapBatch, partOf } from '../../trained/likelihood/likelihood.ts';
import type { GradientOptions } from './gradientPlan.ts';
import type { GradientProgram, GradientTarget } from './gradientProgram.ts';
import { addInPlace, copyInto } from './gradientSum.ts';
import { sharedArray, startThread, type Thread } from './thread.node.ts';

/** Starts threads with one program each, for the share of the images set by `plan`. */
export async function startGradientThreads(
  model: Flow,
  layout: ParameterLayout,
  plan: GradientOptions,
  workers: number,
  { precision = 'float32', device = defaultDevice, threads = 1, profile }: CompileOptions,
): Promise<GradientProgram> {
  const weights = sharedGroups(layout.shapes());
  const started: SharingThread[] = [];
  try {
    for (let index = 0; index < workers; index++) {
      const gradients = sharedGroups(layout.shapes('trained'));
      const thread = startThread({
        model: model.options,
        modules: modulesOf(model.options),
        imageShape: model.imageShape,
        parts: layout.parts,
        plan,
        // Each thread numbers only the files of its own sessions.
        engine: { precision, device, threads, ...(profile && { profile: `${profile}-${index}` }) },
        weights,
        gradients,
      });
      started.push({ thread, gradients });
    }
    await Promise.all(started.map(({ thread }) => thread.ready()));
  } catch (error) {
    await Promise.allSettled(started.map(({ thread }) => thread.kill()));
    throw error;
  }
  return new ThreadedGradients(weights, started);
}

/** A thread, and the memory it writes its gradients to. */
interface SharingThread {
  readonly thread: Thread;
  readonly gradients: Groups;
}

/** Threads with their programs and shared memory. */
class ThreadedGradients implements GradientProgram {
  private readonly weights: Groups;
  private readonly threads: readonly SharingThread[];

  constructor(weights: Groups, threads: readonly SharingThread[]) {
    this.weights = weights;
    this.threads = threads;
  }

  async run(batch: Batch, weights: ProgramArrays, target: GradientTarget): Promise<void> {
    copyInto(this.weights, onHost(weights));
    const { bitsPerDim, ...into } = onHost({ ...target.gradients, bitsPerDim: target.bitsPerDim });
    const images = batch.image.shape[0]! / this.threads.length;
    const parts = this.threads.map((_, index) => copyOf(partOf(batch, index * images, images)));
    const answers = await allOf(this.threads.map(({ thread }, index) => thread.ask(parts[index]!)));
    this.threads.forEach(({ gradients }, index) => {
      const combine = index === 0 ? copyInto : addInPlace;
      combine(into, gradients);
    });
    answers.forEach(({ data }, index) => {
      bitsPerDim!.data.set(data, index * images);
    });
  }

  async release(): Promise<void> {
    await Promise.all(this.threads.map(({ thread }) => thread.end()));
  }
}

/** The results of all; if some fail, the first failure, once all have settled. */
async function allOf<Result>(asked: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(asked);
  return Promise.all(asked);
}

/** A batch in its own arrays: a view would be sent along with its whole underlying buffer. */
function copyOf(batch: Batch): Batch {
  return mapBatch(batch, ({ shape, data }) => ({ shape, data: data.slice() }));
}

function sharedGroups(shapes: Readonly<Record<string, readonly number[]>>): Groups {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, { shape, data: sharedArray(sizeOf(shape)) }]),
  );
}
