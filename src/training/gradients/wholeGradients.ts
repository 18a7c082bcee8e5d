// The gradients of a batch by one program, which keeps the forward activations.

import { UserError } from '../../core/errors.ts';
import { arrayName } from '../../flows/models/index.ts';
import { compilePrepared, peakElements, prepare } from '../../tensor/engine/index.ts';
import { MissingGradient } from '../../tensor/gradients/gradient.ts';
import { constant, type ProgramDefinition, type Tensor } from '../../tensor/index.ts';
import type { GradientPlan, GradientRequest } from './gradientPlan.ts';
import { likelihoodLoss } from './loss.ts';

/** Up to so many bytes of results, a program's memory is planned: narrow models gain by it, wide ones would only hold more. */
const MOST_PLANNED = 2 ** 28;

/** Plans one program for everything. */
export function wholeGradients(request: GradientRequest): GradientPlan {
  const { layout, memory } = request;
  const definition = preparedDefinition(request);
  const bytes = 4 * peakElements(definition);
  return {
    activations: 'keep',
    workers: 1,
    bytes,
    async compile() {
      const program = await compilePrepared(definition, {
        ...request,
        memoryPlan: bytes <= MOST_PLANNED,
        ...(memory && { onDevice: Object.keys(definition.outputs) }),
      });
      return {
        async run(batch, weights, { bitsPerDim, gradients }) {
          const named = layout.trained.map((group) => [arrayName('gradients', group), gradients[group]!]);
          await program.run({ ...batch, ...weights }, { bitsPerDim, ...Object.fromEntries(named) });
        },
        release: () => program.release(),
      };
    },
  };
}

function preparedDefinition(request: GradientRequest): ProgramDefinition {
  try {
    return prepare(gradientDefinition(request), { device: request.device });
  } catch (error) {
    if ((request.loss ?? likelihoodLoss) !== likelihoodLoss && error instanceof MissingGradient) {
      throw new UserError(
        'unsupported',
        `the model's inverse has no gradient (${error.operation}), which training to an action needs: choose another model.mixing or model.coupling`,
        { cause: error },
      );
    }
    throw error;
  }
}

/**
 * The program of the gradients: from a batch and the groups of weights to `bitsPerDim` of each image and the
 * gradients of their mean as `gradients/…`.
 */
export function gradientDefinition({
  model,
  layout,
  images,
  batchSize,
  loss = likelihoodLoss,
}: GradientRequest): ProgramDefinition {
  const { inputs, tensors } = layout.inputs();
  const { inputs: batch, bitsPerDim, gradientsBy } = loss(model, images, tensors);
  const variables = layout.trained.map((name) => inputs[name]!);
  const gradients = gradientsBy(variables, constant(1 / batchSize));
  const outputs: Record<string, Tensor> = { bitsPerDim };
  layout.trained.forEach((name, index) => {
    outputs[arrayName('gradients', name)] = gradients[index]!;
  });
  return { inputs: { ...batch, ...inputs }, outputs };
}
