// A thread that works out the gradients of its share of each batch; `gradientThreads.ts` starts it.
import { parentPort, workerData } from 'node:worker_threads';
import type { CompileOptions } from '../../engine/program.ts';
import { Glow, type GlowOptions } from '../../models/glow.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import type { Batch } from '../likelihood.ts';
import { type Groups, ParameterLayout } from '../parameterLayout.ts';
import { type GradientOptions, planGradients } from './gradientPlan.ts';
import { copyInto } from './gradientSum.ts';

/** What a thread is given when it starts. */
export interface ThreadData {
  readonly model: GlowOptions;
  readonly imageShape: ImageShape;
  readonly plan: GradientOptions;
  readonly engine: CompileOptions;
  /** The weights, in memory that all threads see: to be read. */
  readonly weights: Groups;
  /** Of the thread alone, in memory that the one that started it sees: to be written. */
  readonly gradients: Groups;
}

/** What a thread is asked: the gradients of some images, or to end. */
export type ThreadRequest = Batch | 'end';

const { model: options, imageShape, plan, engine, weights, gradients } = workerData as ThreadData;
const port = parentPort!;
const model = new Glow(options, imageShape);
const program = await planGradients(model, new ParameterLayout(model.parameters), plan).compile(engine);
// The runtime takes no memory that is shared between threads.
const [ownWeights, ownGradients] = [copyOf(weights), copyOf(gradients)];

port.on('message', async (request: ThreadRequest) => {
  if (request === 'end') {
    await program.release();
    port.close();
    return;
  }
  copyInto(ownWeights, weights);
  const bitsPerDim = await program.run(request, ownWeights, ownGradients);
  copyInto(gradients, ownGradients);
  port.postMessage(bitsPerDim);
});
port.postMessage('ready');

function copyOf(groups: Groups): Groups {
  return Object.fromEntries(
    Object.entries(groups).map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]),
  );
}
