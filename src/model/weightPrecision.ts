// How precisely a model needs its weights: from the derivatives of the log-likelihood of images by them.
import { portableLog } from '../core/numeric/index.ts';
import type { ImageSet } from '../data/contract/index.ts';
import { CLASSES, countUnmasked, parametersFrom } from '../flows/contract/index.ts';
import { gradients } from '../tensor/gradients/gradient.ts';
import { constant, constantValue, input, type Tensor } from '../tensor/index.ts';
import { multiply, sum } from '../tensor/operations/index.ts';
import type { FlowModelOptions } from './flowModelOptions.ts';
import { overEqualClasses } from './gradient.ts';
import { compileForImages, type ImageProgram } from './imagePrograms.ts';
import {
  asConditionInputs,
  componentReader,
  conditionInputs,
  measureInBatches,
} from './likelihood/likelihood.ts';
import { finestExponent, trainedPaths, type WeightExponents } from './smallWeights.ts';
import type { TrainedModel } from './trainedModel.ts';

/** How images are measured for the precision of weights. */
interface PrecisionOptions extends Pick<FlowModelOptions, 'device' | 'threads'> {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * For each trained array of a model, in the order of its parameters, the mean over images and weights of
 * (∂ ln p(x)/∂w)², in nats²: the Fisher information, which is how much more an image costs on average, in half nats, for each
 * squared unit that a weight is wrong.
 *
 * @param images a few suffice; images whose derivatives are not finite don't count
 */
export async function weightSensitivities(
  trained: TrainedModel,
  images: ImageSet,
  { signal, onProgress, ...options }: PrecisionOptions = {},
): Promise<Float64Array> {
  const { model, parameters } = trained;
  const paths = trainedPaths(model);
  const { inputs, logLikelihood } = likelihoodOfOne(trained);
  const byWeights = gradients(
    sum(logLikelihood),
    paths.map((path) => parameters[path]!),
    constant(1),
  );
  const outputs = Object.fromEntries(
    paths.map((path, index) => [path, sum(multiply(byWeights[index]!, byWeights[index]!))]),
  );
  const program: ImageProgram = await compileForImages({ inputs, outputs }, options);
  const totals = new Float64Array(paths.length);
  const counts = new Float64Array(paths.length);
  try {
    const how = {
      batchSize: 1,
      values: model.values,
      dequantiser: model.dequantiser,
      seed: 0,
      draw: 0,
      condition: componentReader(model, images.conditions, 'these images'),
      signal,
      onProgress,
    };
    await measureInBatches(program, images, how, (squares) => {
      for (const [index, path] of paths.entries()) {
        const square = squares[path]!.data[0]!;
        if (Number.isFinite(square)) {
          totals[index]! += square;
          counts[index]!++;
        }
      }
    });
  } finally {
    await program.release();
  }
  return totals.map((total, index) => {
    const weights = countUnmasked(model.parameters[paths[index]!]!);
    return counts[index] === 0 ? Number.POSITIVE_INFINITY : total / (weights * counts[index]!);
  });
}

/** The log-likelihood of a single image. */
function likelihoodOfOne({ model, parameters }: TrainedModel): {
  inputs: Record<string, Tensor>;
  logLikelihood: Tensor;
} {
  const shape = [1, ...model.imageShape];
  const [image, noise] = [input('image', shape), input('noise', shape)];
  const weights = parametersFrom(parameters);
  const { [CLASSES]: _, ...condition } = conditionInputs(model, 1);
  const logLikelihood =
    model.classes.length > 0
      ? overEqualClasses(model.logLikelihoodByClass(image, noise, weights, condition))
      : model.likelihood(image, noise, weights, condition).logLikelihood;
  return { inputs: { image, noise, ...asConditionInputs(condition) }, logLikelihood };
}

/**
 * The exponents that approximately minimise the size of a model and N images together: a weight is stored about as
 * precisely as that number of images determines it, with a variance of 1/(images·sensitivity + 1/mean square). Source:
 * Hinton and van Camp, Keeping neural networks simple by minimizing the description length of the weights (1993).
 *
 * @param sensitivities from `weightSensitivities`
 */
export function exponentsFor(
  { model, parameters }: TrainedModel,
  sensitivities: Float64Array,
  images: number,
): WeightExponents {
  return trainedPaths(model).map((path, index) => {
    const { data } = constantValue(parameters[path]!)!;
    let squares = 0;
    for (const weight of data) {
      squares += weight * weight;
    }
    const meanSquare = squares / data.length;
    const finest = finestExponent(data);
    if (meanSquare === 0) {
      return finest;
    }
    // Rounding to multiples of a step has a variance of step²/12.
    const squaredStep = 12 / (images * sensitivities[index]! + 1 / meanSquare);
    return Math.min(finest, Math.round(-0.5 * portableLog(squaredStep) * Math.LOG2E));
  });
}
