// The reverse Kullback-Leibler divergence between a model and a density that is known up to a factor: training without
// data.
import { UserError } from '../../core/errors.ts';
import { countDimensions, type ImageShape, type RandomStream } from '../../core/numeric/index.ts';
import { parametersFrom } from '../../flows/contract/index.ts';
import type { Flow } from '../../flows/models/index.ts';
import { hasNormalLatents } from '../../flows/priors/index.ts';
import { bitsPerDimFrom } from '../../model/likelihood/index.ts';
import { gradients, pullback } from '../../tensor/gradients/gradient.ts';
import { input, sameShape, showShape, type Tensor } from '../../tensor/index.ts';
import { add, detach, negate, reshape, split, sum } from '../../tensor/operations/index.ts';
import type { Loss } from './loss.ts';

/**
 * S(x) of images, where e^−S is proportional to a density: written with the operations of `emerging-flows/tensor`, so that
 * its gradient is found.
 *
 * @param x real numbers `[N, H, W, C]`; N may be open
 * @returns S of each image in nats, `[N]`
 */
export type Action = (x: Tensor) => Tensor;

/**
 * The graph of an action.
 *
 * @throws UserError (`invalid-argument`) if it does not return a number for each image
 */
export function buildAction(action: Action, x: Tensor): Tensor {
  const result: Partial<Tensor> | undefined = action(x);
  const expected = [x.shape[0]!];
  if (!Array.isArray(result?.shape)) {
    throw new UserError(
      'invalid-argument',
      `the action must return a tensor with a number for each image, ${showShape(expected)}, but returns ${result instanceof Promise ? 'a promise' : typeof result}: compute it from x with operations`,
    );
  }
  if (!sameShape(result.shape, expected)) {
    throw new UserError(
      'invalid-argument',
      `the action must return a number for each image, ${showShape(expected)}, but returns ${showShape(result.shape)}: sum over all other axes, as sumPerImage does`,
    );
  }
  return result as Tensor;
}

/**
 * E_z[log q(x) + S(x)] for x = f⁻¹(z): the divergence from e^−S/Z to the density q of the model, less ln Z. The noise of a
 * batch is z, from `drawBase`; its images are not used.
 *
 * The gradient by the weights θ follows only the path of x, Σ vᵀ·∂x/∂θ with v = ∂(log q + S)/∂x: the derivative of log q by
 * θ at fixed x has mean zero, and is left out, so that the gradient vanishes for every z, not only on average, where q is
 * exact (Roeder and others, Sticking the landing, 2017). From f(x; θ) = z follows vᵀ·∂x/∂θ = −uᵀ·∂f/∂θ with
 * uᵀ = vᵀ·∂x/∂z. So the inverse is differentiated only by z, and weights only have gradients in the direction that is
 * trained on images too: inverses need none for their kernels.
 */
export function actionLoss(action: Action): Loss {
  return (model, images, tensors) => {
    requireNormalLatents(model);
    const noise = input('noise', [images, ...model.imageShape]);
    const parameters = parametersFrom(tensors);
    const latents = latentsIn(noise, model.latentShapes);
    const decoded = model.decode(latents, parameters);
    const x = detach(decoded);
    const { latents: encoded, ...densities } = model.encode(x, parameters);
    const divergence = add(model.logLikelihood(densities), buildAction(action, model.values.fromModel(x)));
    const bitsPerDim = bitsPerDimFrom(model, negate(divergence));
    return {
      inputs: { noise },
      bitsPerDim,
      gradientsBy(variables, seed) {
        const [byX] = gradients(sum(bitsPerDim), [x], seed);
        const byLatents = pullback([{ tensor: decoded, gradient: byX }], latents);
        const knownGradients = encoded.map((tensor, index) => ({
          tensor,
          gradient: negate(byLatents[index]!),
        }));
        return pullback(knownGradients, variables);
      },
    };
  };
}

/** @throws UserError (`unsupported`) if the latents are not standard normal, as `drawBase` draws them */
function requireNormalLatents(model: Flow): void {
  if (!hasNormalLatents(model)) {
    const names = [...new Set(model.priors.map(({ base }) => base.name))];
    throw new UserError(
      'unsupported',
      `training to an action draws standard normal latents, but the prior of the model is ${names.join(' and ')}: leave out model.prior`,
    );
  }
}

/** Fills `out` with z, the values that a model makes images from. */
export function drawBase(random: RandomStream, out: Float32Array): void {
  out.set(random.normals(out.length));
}

/** The values of each image `[N, H, W, C]` as latents, one after the other. */
function latentsIn(noise: Tensor, shapes: readonly ImageShape[]): Tensor[] {
  const images = noise.shape[0]!;
  const sizes = shapes.map(countDimensions);
  const flat = reshape(noise, [images, sizes.reduce((total, size) => total + size, 0)]);
  return split(flat, 1, sizes).map((part, index) => reshape(part, [images, ...shapes[index]!]));
}
