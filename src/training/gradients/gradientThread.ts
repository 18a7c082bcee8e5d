// A thread's side of `gradientThreads.ts`.

import { flowFor, ParameterLayout } from '../../flows/models/index.ts';
import type { Handler } from '../../tensor/engine/threads/index.ts';
import { copyInto } from './gradientSum.ts';
import type { ShareAnswer, ShareRequest, ThreadData } from './gradientThreads.ts';
import { planGradients } from './planGradients.ts';

/** Compiles the program of a thread. */
export async function openGradients({
  options,
  imageShape,
  parts,
  request,
  shared,
}: ThreadData): Promise<Handler<ShareRequest, ShareAnswer>> {
  const model = flowFor(imageShape, options);
  const layout = new ParameterLayout(model.parameters, 'large ones apart', parts);
  const program = await planGradients({ ...request, model, layout, workers: 1 }).compile();
  // The runtime does not accept memory shared between threads.
  const [copiedWeights, gradients] = [layout.zeros('all'), layout.zeros()];
  return {
    async answer({ share, batch, weights }) {
      copyInto(copiedWeights, weights ?? shared!.weights);
      const bitsPerDim = { shape: [request.images], data: new Float32Array(request.images) };
      await program.run(batch, copiedWeights, { bitsPerDim, gradients });
      if (shared) {
        copyInto(shared.gradients[share]!, gradients);
      }
      return { bitsPerDim, gradients: shared ? undefined : gradients };
    },
    release: () => program.release(),
  };
}
