// The golden models: likelihoods, latents and gradients in both precisions, decoding, and data-dependent
// initialisation.
import { describe, expect, it } from 'vitest';
import type { Precision } from '../engine/onnx/emitter.ts';
import { compile } from '../engine/program.ts';
import { countTrained, parametersFrom, startingParameters } from '../flows/parameters.ts';
import type { ImageShape } from '../numeric/imageShape.ts';
import { gradients } from '../tensor/gradient.ts';
import { divide, negate, sum } from '../tensor/operations/index.ts';
import { constant, input, type Tensor } from '../tensor/tensor.ts';
import { expectClose, type GoldenCase, goldenCases, ndarray, storedArrays } from '../testing/golden.ts';
import { bitsPerDim, countParameters, Glow, type GlowOptions } from './glow.ts';
import { mixingNames } from './mixing.ts';

const precisions: Precision[] = ['float64', 'float32'];

function modelOf(golden: GoldenCase): Glow {
  return new Glow(golden.config as GlowOptions, golden.config.imageShape as ImageShape);
}

/** The batch decoded from the priors' own latents: image values x in [−½, ½). */
function dequantised(golden: GoldenCase): Float64Array {
  const levels = 2 ** golden.config.bits;
  return Float64Array.from(
    golden.image.data,
    (v: number, i: number) => (v + golden.noise.data[i]) / levels - 0.5,
  );
}

describe.each(precisions)('%s', (precision) => {
  it.each(goldenCases(/^model-(?!start).*$/))(
    '%s: likelihood, latents, gradients, decoding',
    async (_, golden) => {
      const model = modelOf(golden);
      const params = storedArrays(golden.params);
      expect(Object.keys(model.parameters).sort()).toEqual(Object.keys(params).sort());
      for (const [path, { shape }] of Object.entries(model.parameters)) {
        expect(shape, path).toEqual(params[path]!.shape);
      }
      const tensors = Object.fromEntries(
        Object.entries(params).map(([path, { shape }]) => [path, input(path, shape)]),
      );
      const p = parametersFrom(tensors);
      const [image, noise] = [input('image', golden.image.shape), input('noise', golden.image.shape)];
      const { logLikelihood, logDet, latents } = model.likelihood(image, noise, p);
      const given = golden.eps.map(({ shape }: { shape: number[] }, index: number) =>
        input(`eps${index}`, shape),
      );
      const images = golden.image.shape[0];
      const dimensions = golden.image.data.length / images;
      const loss = divide(sum(negate(logLikelihood)), images * dimensions * Math.LN2);
      const trained = Object.keys(golden.gradients);
      expect([...trained].sort()).toEqual(
        Object.keys(model.parameters)
          .filter((path) => model.parameters[path]!.trained)
          .sort(),
      );
      const outputs: Record<string, Tensor> = { logLikelihood, logDet, decoded: model.decode(given, p) };
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
        given.map((tensor: Tensor, index: number) => [`eps${index}`, tensor]),
      );
      const program = await compile(
        { inputs: { image, noise, ...givenInputs, ...tensors }, outputs },
        { precision },
      );
      const eps = Object.fromEntries(
        golden.eps.map((array: { shape: number[]; data: number[] }, index: number) => [
          `eps${index}`,
          ndarray(array),
        ]),
      );
      const result = await program.run({
        image: ndarray(golden.image),
        noise: ndarray(golden.noise),
        ...eps,
        ...params,
      });
      expectClose('logLikelihood', result.logLikelihood!.data, golden.logLikelihood, precision);
      // If every log-determinant of a model is the same for all images, it is returned once.
      const { shape, data } = result.logDet!;
      const logDets = shape.length === 0 ? Array(images).fill(data[0]) : data;
      expectClose('logDet', logDets, golden.logDet, precision);
      const bits = Array.from(result.logLikelihood!.data, (value) => bitsPerDim(value, model.imageShape));
      expectClose('bitsPerDim', bits, golden.bitsPerDim, precision);
      latents.forEach((_, index) => {
        expectClose(`latent ${index}`, result[`latent ${index}`]!.data, golden.eps[index].data, precision);
      });
      const expectedGradients = storedArrays(golden.gradients);
      for (const path of trained) {
        const { data } = expectedGradients[path]!;
        expectClose(`gradient of ${path}`, result[`gradient ${path}`]!.data, data, precision);
      }
      expectClose('decoded', result.decoded!.data, dequantised(golden), precision);
      await program.release();
    },
  );

  it.each(goldenCases(/^model-start$/))(
    '%s: actnorms are initialised in order, each on the output of those before it',
    async (_, golden) => {
      const model = modelOf(golden);
      const params = storedArrays(golden.params);
      const tensors = Object.fromEntries(
        Object.entries(params).map(([path, { shape }]) => [path, input(path, shape)]),
      );
      const { parameters, started } = startingParameters(tensors);
      const [image, noise] = [input('image', golden.image.shape), input('noise', golden.image.shape)];
      const { logLikelihood } = model.likelihood(image, noise, parameters);
      const expected = storedArrays(golden.expected);
      expect([...started.keys()].sort()).toEqual(Object.keys(expected).sort());
      const outputs = { logLikelihood, ...Object.fromEntries(started) };
      const program = await compile({ inputs: { image, noise, ...tensors }, outputs }, { precision });
      const result = await program.run({
        image: ndarray(golden.image),
        noise: ndarray(golden.noise),
        ...params,
      });
      for (const [path, { data }] of Object.entries(expected)) {
        expectClose(path, result[path]!.data, data, precision);
      }
      await program.release();
    },
  );
});

describe('countParameters', () => {
  const cifar: GlowOptions = {
    levels: 3,
    depth: 32,
    width: 512,
    mixing: '1x1',
    kernelSize: 3,
    dilation: 1,
    learnedPrior: true,
    bits: 8,
  };

  // In millions, as the paper counts its models.
  it.each([
    [{ ...cifar }, [32, 32, 3], 44.52],
    [{ ...cifar, mixing: 'emerging' }, [32, 32, 3], 45.2],
    [{ ...cifar, depth: 8 }, [32, 32, 3], 11.13],
    [{ ...cifar, depth: 8, mixing: 'emerging' }, [32, 32, 3], 11.3],
    [{ ...cifar, depth: 4 }, [32, 32, 3], 5.57],
    [{ ...cifar, depth: 4, mixing: 'emerging' }, [32, 32, 3], 5.65],
    [{ ...cifar, levels: 2, depth: 8, learnedPrior: false }, [32, 32, 3], 6.3],
    [{ ...cifar, levels: 2, depth: 8, learnedPrior: false, mixing: 'emerging' }, [32, 32, 3], 6.34],
  ] as [GlowOptions, ImageShape, number][])('%o', (options, imageShape, millions) => {
    expect(countParameters(options, imageShape) / 1e6).toBeCloseTo(millions, 2);
  });

  it.each(mixingNames)('counts every parameter of a deeper model with %s', (mixing) => {
    const options: GlowOptions = { ...cifar, mixing, depth: 4, levels: 2, width: 6 };
    const { parameters } = new Glow(options, [8, 4, 3]);
    expect(countParameters(options, [8, 4, 3])).toBe(countTrained(parameters));
  });
});
