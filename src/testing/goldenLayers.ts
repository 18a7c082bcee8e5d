// The golden cases of layers: values, log-determinants, gradients and the inverse, as comparisons.
import type { ImageShape, NdArray } from '../core/numeric/arrays.ts';
import type { Bijection } from '../flows/contract/bijection.ts';
import { parametersFrom, startingParameters } from '../flows/contract/parameters.ts';
import { coupling } from '../flows/coupling/coupling.ts';
import { glowConditioner } from '../flows/coupling/glowConditioner.ts';
import { checkerboard } from '../flows/coupling/parts.ts';
import { spline } from '../flows/coupling/spline.ts';
import { actnorm } from '../flows/layers/actnorm.ts';
import { conv1x1, conv1x1Plu, conv1x1Qr } from '../flows/layers/conv1x1.ts';
import { scaledConvolution } from '../flows/layers/scaledConvolution.ts';
import { squeeze } from '../flows/layers/squeeze.ts';
import { buildCoupling, mixingNames, mixings } from '../flows/models/partRegistries.ts';
import { split, topPrior } from '../flows/priors/prior.ts';
import { defaultDevice, deviceRecord } from '../tensor/engine/devices/device.ts';
import { gradients } from '../tensor/gradients/gradient.ts';
import { add, multiply, sum } from '../tensor/operations/index.ts';
import { constant, input, type Tensor } from '../tensor/tensor.ts';
import {
  compared,
  type GoldenCase,
  type GoldenCheck,
  ndarray,
  requireSameNames,
  storedArrays,
  tolerances,
} from './goldenValues.ts';
import { couplingWith, layerOfMixing, partWith } from './layers.ts';
import { asInputs, runOnce } from './programValues.ts';

/** A file of golden cases of a mixing begins with its name. */
const ofMixings = `(${mixingNames.join('|')})(-.*)?`;

/** The layer that a golden case describes: a mixing's own, unless its kind is none. */
function buildLayer(golden: GoldenCase): Bijection {
  const shape = golden.x.shape.slice(1) as ImageShape;
  switch (golden.kind) {
    case 'actnorm':
      return actnorm(shape);
    case 'conv1x1':
      return { free: conv1x1, plu: conv1x1Plu, qr: conv1x1Qr }[
        golden.parametrization as 'free' | 'plu' | 'qr'
      ](shape);
    case 'coupling':
      return buildCoupling(shape, {
        ...couplingWith(golden, golden),
        ...(golden.boundary && { boundary: golden.boundary }),
      });
    case 'coupling-spline':
      return coupling(shape, {
        conditioner: glowConditioner({ width: golden.width as number }),
        transformer: spline({ bins: golden.bins as number, bound: golden.bound as number }),
      });
    case 'coupling-stronger':
      return buildCoupling(
        shape,
        couplingWith({ ...golden, coupling: golden.transformer }, golden),
        golden.keep === undefined ? undefined : checkerboard({ keep: golden.keep }),
      );
    case 'squeeze':
      return squeeze(shape);
    default:
      return layerOfMixing(golden.kind, shape, partWith(mixings, golden.kind, golden));
  }
}

const perImage = (value: NdArray, images: number) =>
  value.shape.length === 0 ? Array<number>(images).fill(value.data[0]!) : value.data;

/** Values, gradients and inverse of a bijection. */
const checkBijection: GoldenCheck[1] = async (golden, precision, device) => {
  const layer = buildLayer(golden);
  const images = golden.x.shape[0];
  const params = storedArrays(golden.params);
  const expectedGradients = golden.gradients ? storedArrays(golden.gradients) : {};
  const tensors = asInputs(params);
  const p = parametersFrom(tensors);
  const x = input('x', golden.x.shape);
  const { y, logDet } = layer.forward(x, p);
  const outputs: Record<string, Tensor> = { y, logDet };
  if (golden.gradients) {
    const total = logDet.rank === 0 ? multiply(logDet, images) : sum(logDet);
    const loss = add(sum(multiply(y, constant(ndarray(golden.yWeight)))), total);
    const variables: Record<string, Tensor> = { x, ...tensors };
    const names = Object.keys(expectedGradients);
    const trained = Object.keys(layer.parameters).filter((name) => layer.parameters[name]!.trained);
    requireSameNames('golden gradients', names, ['x', ...trained]);
    gradients(
      loss,
      names.map((name) => variables[name]!),
      constant(1),
    ).forEach((g, index) => {
      outputs[`gradient ${names[index]}`] = g;
    });
  }
  const target = input('y', golden.y.shape);
  outputs.inverse = layer.inverse(target, p);
  const result = await runOnce(
    { inputs: { x, y: target, ...tensors }, outputs },
    { x: ndarray(golden.x), y: ndarray(golden.y), ...params },
    precision,
    device,
  );
  return [
    compared('y', result.y!.data, golden.y.data, precision),
    compared('logDet', perImage(result.logDet!, images), golden.logDet, precision),
    ...Object.entries(expectedGradients).map(([name, { data }]) =>
      compared(`gradient of ${name}`, result[`gradient ${name}`]!.data, data, precision),
    ),
    compared('inverse of y', result.inverse!.data, golden.x.data, precision),
  ];
};

/** The data-dependent initialisation of an actnorm. */
const checkStart: GoldenCheck[1] = async (golden, precision, device) => {
  const layer = actnorm(golden.x.shape.slice(1));
  const { parameters, started } = startingParameters({});
  const x = input('x', golden.x.shape);
  const { y } = layer.forward(x, parameters);
  const outputs = { y, ...Object.fromEntries(started) };
  const result = await runOnce({ inputs: { x }, outputs }, { x: ndarray(golden.x) }, precision, device);
  // One channel varies by 1e-4 around 0.5. Rounding just x and the bias to float32, with exact arithmetic
  // after that, already puts its y off by 1.13e-4 of the largest entry: no float32 program does better. In one thread the
  // mean is summed in another order, which puts it off by 3.6e-4.
  const single = deviceRecord(device ?? defaultDevice).singleThreaded ? 4e-4 : 1.5e-4;
  const tolerance = precision === 'float32' ? single : tolerances.float64;
  return [
    compared('y', result.y!.data, golden.y.data, precision, tolerance),
    ...Object.entries<{ data: number[] }>(golden.expected).map(([name, { data }]) =>
      compared(name, result[name]!.data, data, precision),
    ),
  ];
};

const checkScaledConvolution: GoldenCheck[1] = async (golden, precision, device) => {
  const params = storedArrays(golden.params);
  const tensors = asInputs(params);
  const x = input('x', golden.x.shape);
  const y = scaledConvolution(x, parametersFrom(tensors), { boundary: 'zero' });
  const result = await runOnce(
    { inputs: { x, ...tensors }, outputs: { y } },
    { x: ndarray(golden.x), ...params },
    precision,
    device,
  );
  return [compared('y', result.y!.data, golden.y.data, precision)];
};

const checkSplit: GoldenCheck[1] = async (golden, precision, device) => {
  const params = storedArrays(golden.params);
  const tensors = asInputs(params);
  const p = parametersFrom(tensors);
  const layer = split(golden.x.shape.slice(1), { learnedPrior: true });
  const x = input('x', golden.x.shape);
  const [y, epsilon] = [input('y', golden.y.shape), input('epsilon', golden.eps.shape)];
  const outputs = { ...layer.forward(x, p), inverse: layer.inverse(y, epsilon, p) };
  const feeds = { x: ndarray(golden.x), y: ndarray(golden.y), epsilon: ndarray(golden.eps), ...params };
  const result = await runOnce({ inputs: { x, y, epsilon, ...tensors }, outputs }, feeds, precision, device);
  return [
    compared('y', result.y!.data, golden.y.data, precision),
    compared('epsilon', result.epsilon!.data, golden.eps.data, precision),
    compared('logPrior', result.logPrior!.data, golden.logPrior, precision),
    compared('inverse', result.inverse!.data, golden.x.data, precision),
  ];
};

const checkPrior: GoldenCheck[1] = async (golden, precision, device) => {
  const params = storedArrays(golden.params);
  const tensors = asInputs(params);
  const p = parametersFrom(tensors);
  const layer = topPrior(golden.x.shape.slice(1), { learnedPrior: true });
  const [x, epsilon] = [input('x', golden.x.shape), input('epsilon', golden.eps.shape)];
  const outputs = { ...layer.forward(x, p), inverse: layer.inverse(epsilon, p) };
  const feeds = { x: ndarray(golden.x), epsilon: ndarray(golden.eps), ...params };
  const result = await runOnce({ inputs: { x, epsilon, ...tensors }, outputs }, feeds, precision, device);
  return [
    compared('epsilon', result.epsilon!.data, golden.eps.data, precision),
    compared('logPrior', result.logPrior!.data, golden.logPrior, precision),
    compared('inverse', result.inverse!.data, golden.x.data, precision),
  ];
};

/** The checks of layers, by the names of their cases. */
export const layerChecks: readonly GoldenCheck[] = [
  [
    new RegExp(`^(after-)?(actnorm|conv1x1-.*|coupling-.*|stronger-.*|squeeze|${ofMixings})$`),
    checkBijection,
  ],
  [/^actnorm-start$/, checkStart],
  [/^scaled-convolution$/, checkScaledConvolution],
  [/^split$/, checkSplit],
  [/^prior$/, checkPrior],
];
