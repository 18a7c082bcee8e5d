// The work of a gradient thread, which computes the gradients of its share of each batch.
import type { CompileOptions } from '../../engine/program.ts';
import { flowFor } from '../../models/flowRegistry.ts';
import type { ModelOptions } from '../../models/options.ts';
import { type Groups, ParameterLayout } from '../../models/parameterLayout.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import type { Batch } from '../../trained/likelihood/likelihood.ts';
import { type GradientOptions, planGradients } from './gradientPlan.ts';
import { copyInto } from './gradientSum.ts';

/** The data passed to a thread when it starts. */
export interface ThreadData {
  readonly model: ModelOptions;
  /** The modules that register parts of the model, to be imported first; none for the library's. */
  readonly modules: readonly string[];
  readonly imageShape: ImageShape;
  /** The parts of the parameter layout. */
  readonly parts: ParameterLayout['parts'];
  readonly plan: GradientOptions;
  readonly engine: CompileOptions;
  /** The weights, in memory shared by all threads if possible; read only. */
  readonly weights: Groups;
  /** This thread's own gradients, in memory shared with its parent if possible; written by the thread. */
  readonly gradients: Groups;
}

/** The work of a thread, with its program. */
export interface GradientThread {
  /** Writes the gradients of a batch with the current weights, and returns bits/dim of each image. */
  run(batch: Batch): Promise<NdArray>;
  /** Frees the program. */
  release(): Promise<void>;
}

/** Compiles the program of a thread. */
export async function openGradientThread({
  model: options,
  imageShape,
  parts,
  plan,
  engine,
  weights,
  gradients,
}: ThreadData): Promise<GradientThread> {
  const model = flowFor(imageShape, options);
  const layout = new ParameterLayout(model.parameters, 'large ones apart', parts);
  const program = await planGradients(model, layout, plan).compile(engine);
  // The runtime does not accept memory shared between threads.
  const [ownWeights, ownGradients] = [copyOf(weights), copyOf(gradients)];
  return {
    async run(batch) {
      copyInto(ownWeights, weights);
      const images = batch.image.shape[0]!;
      const bitsPerDim = { shape: [images], data: new Float32Array(images) };
      await program.run(batch, ownWeights, { bitsPerDim, gradients: ownGradients });
      copyInto(gradients, ownGradients);
      return bitsPerDim;
    },
    release: () => program.release(),
  };
}

function copyOf(groups: Groups): Groups {
  return Object.fromEntries(
    Object.entries(groups).map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]),
  );
}
