// The golden models: likelihoods, latents, gradients, decoding, and data-dependent initialisation, as comparisons.

import type { ImageShape } from '../core/numeric/arrays.ts';
import { parametersFrom, startingParameters } from '../flows/contract/parameters.ts';
import { bitsPerDim } from '../flows/models/flow.ts';
import { Glow } from '../flows/models/glow.ts';
import { mixings } from '../flows/models/partRegistries.ts';
import { gradients } from '../tensor/gradients/gradient.ts';
import { divide, negate, sum } from '../tensor/operations/index.ts';
import { constant, input, type Tensor } from '../tensor/tensor.ts';
import {
  compared,
  type GoldenCase,
  type GoldenCheck,
  ndarray,
  requireSameNames,
  storedArrays,
} from './goldenValues.ts';
import { couplingWith, partWith } from './layers.ts';
import { asInputs, runOnce } from './programValues.ts';

/** The model of a golden case, which names options of parts side by side. */
export function buildModel(golden: GoldenCase): Glow {
  const { imageShape, levels, depth, mixing, learnedPrior, bits } = golden.config;
  return new Glow(imageShape as ImageShape, {
    ...{ levels, depth, learnedPrior, bits },
    mixing: partWith(mixings, mixing, golden.config),
    ...couplingWith(golden.config, golden.config),
  });
}

/** The batch decoded from the priors' own latents: image values x in [−½, ½). */
function dequantised(golden: GoldenCase): Float64Array {
  const levels = 2 ** golden.config.bits;
  return Float64Array.from(
    golden.image.data,
    (v: number, i: number) => (v + golden.noise.data[i]) / levels - 0.5,
  );
}

/** Likelihood, latents, gradients and decoding. */
const checkModel: GoldenCheck[1] = async (golden, precision, device) => {
  const model = buildModel(golden);
  const params = storedArrays(golden.params);
  const named = (arrays: Readonly<Record<string, { readonly shape: readonly number[] }>>): string[] =>
    Object.entries(arrays).map(([path, { shape }]) => `${path} ${shape.join('x')}`);
  requireSameNames('golden parameters', named(params), named(model.parameters));
  const tensors = asInputs(params);
  const p = parametersFrom(tensors);
  const [image, noise] = [input('image', golden.image.shape), input('noise', golden.image.shape)];
  const { logLikelihood, logDet, latents } = model.likelihood(image, noise, p);
  const latentInputs = golden.eps.map(({ shape }: { shape: number[] }, index: number) =>
    input(`eps${index}`, shape),
  );
  const images = golden.image.shape[0];
  const dimensions = golden.image.data.length / images;
  const loss = divide(sum(negate(logLikelihood)), images * dimensions * Math.LN2);
  const trained = Object.keys(golden.gradients);
  requireSameNames(
    'golden gradients',
    trained,
    Object.keys(model.parameters).filter((path) => model.parameters[path]!.trained),
  );
  const outputs: Record<string, Tensor> = { logLikelihood, logDet, decoded: model.decode(latentInputs, p) };
  latents.forEach((latent, index) => {
    outputs[`latent ${index}`] = latent;
  });
  gradients(
    loss,
    trained.map((path) => tensors[path]!),
    constant(1),
  ).forEach((g, index) => {
    outputs[`gradient ${trained[index]}`] = g;
  });
  const givenInputs = Object.fromEntries(
    latentInputs.map((tensor: Tensor, index: number) => [`eps${index}`, tensor]),
  );
  const eps = Object.fromEntries(
    golden.eps.map((array: { shape: number[]; data: number[] }, index: number) => [
      `eps${index}`,
      ndarray(array),
    ]),
  );
  const result = await runOnce(
    { inputs: { image, noise, ...givenInputs, ...tensors }, outputs },
    {
      image: ndarray(golden.image),
      noise: ndarray(golden.noise),
      ...eps,
      ...params,
    },
    precision,
    device,
  );
  // If every log-determinant of a model is the same for all images, it is returned once.
  const { shape, data } = result.logDet!;
  const logDets = shape.length === 0 ? Array(images).fill(data[0]) : data;
  const bits = Array.from(result.logLikelihood!.data, (value) => bitsPerDim(value, model.imageShape));
  const expectedGradients = storedArrays(golden.gradients);
  return [
    compared('logLikelihood', result.logLikelihood!.data, golden.logLikelihood, precision),
    compared('logDet', logDets, golden.logDet, precision),
    compared('bitsPerDim', bits, golden.bitsPerDim, precision),
    ...latents.map((_, index) =>
      compared(`latent ${index}`, result[`latent ${index}`]!.data, golden.eps[index].data, precision),
    ),
    ...trained.map((path) =>
      compared(
        `gradient of ${path}`,
        result[`gradient ${path}`]!.data,
        expectedGradients[path]!.data,
        precision,
      ),
    ),
    compared('decoded', result.decoded!.data, dequantised(golden), precision),
  ];
};

/** Actnorms are initialised in order, each on the output of those before it. */
const checkStart: GoldenCheck[1] = async (golden, precision, device) => {
  const model = buildModel(golden);
  const params = storedArrays(golden.params);
  const tensors = asInputs(params);
  const { parameters, started } = startingParameters(tensors);
  const [image, noise] = [input('image', golden.image.shape), input('noise', golden.image.shape)];
  const { logLikelihood } = model.likelihood(image, noise, parameters);
  const expected = storedArrays(golden.expected);
  requireSameNames('golden parameters', [...started.keys()], Object.keys(expected));
  const outputs = { logLikelihood, ...Object.fromEntries(started) };
  const result = await runOnce(
    { inputs: { image, noise, ...tensors }, outputs },
    {
      image: ndarray(golden.image),
      noise: ndarray(golden.noise),
      ...params,
    },
    precision,
    device,
  );
  return Object.entries(expected).map(([path, { data }]) =>
    compared(path, result[path]!.data, data, precision),
  );
};

/** The checks of models, by the names of their cases. */
export const modelChecks: readonly GoldenCheck[] = [
  [/^model-(?!start).*$/, checkModel],
  [/^model-start$/, checkStart],
];
