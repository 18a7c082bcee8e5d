// What holds of every model: its likelihood is that of its latents, times the change of volume.
import fc from 'fast-check';
import { UserError } from '../../../core/errors.ts';
import { countElements, type ImageShape, type NdArray, RandomStream } from '../../../core/numeric/index.ts';
import { partName } from '../../../core/parts/index.ts';
import { CLASSES, parametersFrom } from '../../../flows/contract/index.ts';
import type { ModelOptions } from '../../../flows/models/options.ts';
import {
  basePriors,
  conditioners,
  dequantisers,
  masks,
  mixings,
  transformers,
} from '../../../flows/models/partRegistries.ts';
import { BASE } from '../../../flows/priors/prior.ts';
import { compile } from '../../../tensor/engine/index.ts';
import { releaseAfter } from '../../../tensor/engine/resources.ts';
import { gradients } from '../../../tensor/gradients/gradient.ts';
import { add, concatenate, multiply, reshape, sum } from '../../../tensor/operations/index.ts';
import { constant, input, type Tensor } from '../../../tensor/tensor.ts';
import { randomModel } from '../../randomModel.ts';
import { matrixFigures } from '../flows/plainMatrix.ts';
import { parts } from '../parts.ts';
import type { Property } from '../property.ts';

/** A model with its weights and an image. */
interface ModelCase {
  /** Pixels of the last level, and channels of the image. */
  readonly last: readonly [height: number, width: number, channels: number];
  readonly options: Partial<ModelOptions> & { readonly levels: number };
  readonly condition: readonly ('number' | 'vector' | 'image')[];
  /** How far the weights are from those of a new model. */
  readonly distance: number;
  readonly seed: number;
}

const modelCases: fc.Arbitrary<ModelCase> = fc
  .record({
    last: fc.tuple(
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
    ),
    options: fc.record(
      {
        levels: fc.integer({ min: 0, max: 2 }),
        depth: fc.integer({ min: 1, max: 2 }),
        conditioner: parts(conditioners),
        mixing: parts(mixings),
        coupling: parts(transformers),
        mask: parts(masks),
        boundary: fc.constantFrom('zero', 'periodic'),
        prior: parts(basePriors),
        learnedPrior: fc.constantFrom(true, true, true, false),
        dequantisation: parts(dequantisers),
        bits: fc.integer({ min: 1, max: 16 }),
        checkerboard: fc.oneof(fc.nat(2), fc.array(fc.nat(1), { maxLength: 1 })),
        checkerboardMixing: fc.boolean(),
        checkerboardWidth: fc.integer({ min: 1, max: 4 }),
        classes: fc.constantFrom(['sky', 'sea'], ['a', 'b', 'c']),
        continuous: fc.constant(true),
      },
      { requiredKeys: ['levels', 'depth', 'conditioner', 'mixing', 'dequantisation', 'checkerboardWidth'] },
    ),
    condition: fc.uniqueArray(fc.constantFrom('number', 'vector', 'image'), { maxLength: 2 }),
    distance: fc.constantFrom(0.3, 0, 0.1, 1),
    seed: fc.nat(1000),
  })
  .filter(({ last: [height, width, channels], options: { levels } }) => {
    const values = height * width * channels * 4 ** levels;
    return values > 1 && values <= 48;
  }) as fc.Arbitrary<ModelCase>;

/** The shape of a case's images, and the complete options of its model. */
function describe({ last: [rows, columns, channels], options, condition }: ModelCase) {
  const side = 2 ** options.levels;
  const shape: ImageShape = [rows * side, columns * side, channels];
  const numbers = Array.from({ length: channels }, (_, channel) => 1 + channel);
  const shapes = { number: [1], vector: [3], image: [shape[0], shape[1], 2] };
  return {
    shape,
    options: {
      ...options,
      ...(options.continuous && { continuous: { mean: numbers, deviation: numbers } }),
      ...(condition.length > 0 && {
        condition: condition.map((name) => ({ name, shape: shapes[name], mean: 0.5, deviation: 2 })),
      }),
    } as Partial<ModelOptions>,
  };
}

/** The model of a case; undefined if an option, or how they go together, is refused. */
function buildUnlessRefused(modelCase: ModelCase) {
  const { shape, options } = describe(modelCase);
  try {
    return randomModel(shape, options, modelCase.distance);
  } catch (error) {
    if (error instanceof UserError) {
      return undefined;
    }
    throw error;
  }
}

function repeat(values: readonly number[], count: number): Float64Array {
  return Float64Array.from({ length: count * values.length }, (_, index) => values[index % values.length]!);
}

async function checkModel(modelCase: ModelCase): Promise<void> {
  const trained = buildUnlessRefused(modelCase);
  if (!trained) {
    return;
  }
  const { model } = trained;
  const size = countElements(model.imageShape);
  const random = new RandomStream(modelCase.seed, 'image');
  const { bits } = model.values;
  const isContinuous = bits === undefined;
  const isVariational = partName(modelCase.options.dequantisation) === 'variational' && !isContinuous;
  const pixels = Array.from({ length: size }, () =>
    isContinuous ? random.normal() : random.integer(2 ** bits),
  );
  const draws = Array.from({ length: size }, () => (isVariational ? random.normal() : random.uniform()));
  const conditionValues = Object.fromEntries(
    Object.entries(model.condition).map(([name, shape]) => [
      name,
      name === CLASSES
        ? Array.from({ length: shape[0]! }, (_, index) => Number(index === modelCase.seed % shape[0]!))
        : Array.from({ length: countElements(shape) }, () => random.normal()),
    ]),
  );
  // One copy for each latent value: the gradients of all values are the Jacobian.
  const batch = [size, ...model.imageShape];
  const [image, noise] = [input('image', batch), input('noise', batch)];
  const condition = Object.fromEntries(
    Object.entries(model.condition).map(([name, shape]) => [
      name,
      input(`condition ${name}`, [size, ...shape]),
    ]),
  );
  const p = parametersFrom(trained.parameters);
  const { logLikelihood, latents } = model.likelihood(image, noise, p, condition);
  const flat = concatenate(
    latents.map((latent) => reshape(latent, [size, countElements(latent.shape.slice(1))])),
    1,
  );
  const units = Float64Array.from({ length: size * size }, (_, index) => (index % (size + 1) === 0 ? 1 : 0));
  const selected = sum(multiply(flat, constant({ shape: [size, size], data: units })));
  const [jacobian] = gradients(selected, [isContinuous ? image : noise], constant(1));
  const energies = model.priors.map(({ path, base }, index) =>
    sum(base.energy(latents[index]!, p.at(path).at(BASE)), [1, 2, 3]),
  );
  const x = model.dequantise(image, model.dequantisationNoise(image, noise, p).u);
  const outputs: Record<string, Tensor> = {
    logLikelihood,
    jacobian: jacobian!,
    x,
    decoded: model.decode(latents, p, condition),
    map: sum(model.logLikelihoodMap(image, noise, p, condition), [1, 2]),
    energy: energies.reduce(add),
  };
  if (model.classes.length > 0) {
    outputs.byClass = model.logLikelihoodByClass(image, noise, p, condition);
  }
  const feeds: Record<string, NdArray> = {
    image: { shape: batch, data: repeat(pixels, size) },
    noise: { shape: batch, data: repeat(draws, size) },
    ...Object.fromEntries(
      Object.entries(conditionValues).map(([name, values]) => [
        `condition ${name}`,
        { shape: [size, ...model.condition[name]!], data: repeat(values, size) },
      ]),
    ),
  };
  await releaseAfter(async (keep) => {
    const inputs = {
      image,
      noise,
      ...Object.fromEntries(Object.entries(condition).map(([name, tensor]) => [`condition ${name}`, tensor])),
    };
    const program = keep(await compile({ inputs, outputs }, { precision: 'float64', threads: 1 }));
    const results = await program.run(feeds);
    const data = results.jacobian!.data as Float64Array;
    const rows = Array.from({ length: size }, (_, row) => data.slice(row * size, (row + 1) * size));
    const { logDet, norm, inverseNorm } = matrixFigures(rows);
    const bound = 1e-12 * size * norm * inverseNorm;
    const normalisers = model.priors.reduce(
      (total, { latentShape, base }) => total + countElements(latentShape) * (base.logNormaliser ?? 0),
      0,
    );
    const drawnDensity = isVariational
      ? draws.reduce((total, draw) => total - draw ** 2 / 2 - Math.log(2 * Math.PI) / 2, 0)
      : 0;
    const expected = logDet - results.energy!.data[0]! - normalisers - drawnDensity;
    requireNear(
      'logLikelihood',
      results.logLikelihood!.data[0]!,
      expected,
      bound + 1e-10 * Math.abs(expected),
    );
    const [actual] = results.logLikelihood!.data;
    for (const name of ['map', 'byClass'].filter((each) => results[each])) {
      const index = name === 'byClass' ? conditionValues[CLASSES]!.indexOf(1) : 0;
      requireNear(name, results[name]!.data[index]!, actual!, 1e-11 * (1 + Math.abs(actual!)) + bound);
    }
    results.x!.data.forEach((value, index) => {
      requireNear(
        'decode',
        results.decoded!.data[index]!,
        value,
        1e-13 * (1 + norm) * inverseNorm * 1e3 + 1e-10,
      );
    });
  });
}

function requireNear(what: string, actual: number, expected: number, bound: number): void {
  if (bound < 0.01 && !(Math.abs(actual - expected) <= bound)) {
    throw new Error(`${what}: ${actual}, not ${expected} ± ${bound}`);
  }
}

/** The properties of models. */
export const modelProperties: readonly Property<ModelCase>[] = [
  {
    topic: 'models',
    name: 'likelihoods are those of the latents times the change of volume, and decoding encoded images returns them',
    cases: modelCases,
    tries: 30,
    check: checkModel,
  },
];
