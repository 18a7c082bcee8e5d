// What holds of every flow: its log-determinants, its inverse, and that no image depends on another.
import { UserError } from '../../../core/errors.ts';
import { countElements, type NdArray } from '../../../core/numeric/index.ts';
import { randomCondition } from '../../../flows/checks/randomParameters.ts';
import type { Bijection } from '../../../flows/contract/bijection.ts';
import { parametersFrom } from '../../../flows/contract/parameters.ts';
import { compile, type NamedArrays } from '../../../tensor/engine/index.ts';
import { type Keep, releaseAfter } from '../../../tensor/engine/resources.ts';
import { gradients } from '../../../tensor/gradients/gradient.ts';
import { add, detach, multiply, reshape, sum } from '../../../tensor/operations/index.ts';
import { constant, input, OPEN_BATCH, type Precision, type Tensor } from '../../../tensor/tensor.ts';
import type { Property } from '../property.ts';
import { buildFlow, type FlowCase, flowCases, imagesFor, weightsFor } from './flow.ts';
import { type MatrixFigures, matrixFigures } from './plainMatrix.ts';

/** The rounding of a number, relative. */
const ROUNDING = { float64: 2 ** -52, float32: 2 ** -23 } as const;

/** The most roundings of the same size that a result may be off by. */
const ROUNDINGS = 100;

/** Results with a larger error bound can't tell right from wrong. */
const MOST_ERROR = 0.01;

/** The weights and conditions of a flow as inputs of programs. */
interface Inputs {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly weights: Readonly<Record<string, Tensor>>;
  readonly condition: Readonly<Record<string, Tensor>>;
}

function inputsFor({ parameters, conditions = {} }: Bijection, images: number): Inputs {
  const named = (prefix: string, entries: [string, readonly number[]][]) =>
    Object.fromEntries(entries.map(([name, shape]) => [name, input(`${prefix}/${name}`, shape)]));
  const weights = named(
    'weights',
    Object.entries(parameters).map(([path, { shape }]) => [path, shape]),
  );
  const condition = named(
    'condition',
    Object.entries(conditions).map(([name, shape]) => [name, [images, ...shape]]),
  );
  const tensors = Object.fromEntries([
    ...Object.entries(weights).map(([path, tensor]) => [`weights/${path}`, tensor]),
    ...Object.entries(condition).map(([name, tensor]) => [`condition/${name}`, tensor]),
  ]);
  return { tensors, weights, condition };
}

function feedsFor(weights: NamedArrays, condition: Arrays): NamedArrays {
  return Object.fromEntries([
    ...Object.entries(weights).map(([path, array]) => [`weights/${path}`, array]),
    ...Object.entries(condition).map(([name, array]) => [`condition/${name}`, array]),
  ]);
}

/** A layer at an image: its Jacobian, and what it computes. */
interface LayerFigures extends MatrixFigures {
  readonly name: string;
  /** ln|det| as the layer computes it. */
  readonly claimed: number;
  /** The largest magnitude of the values that entered. */
  readonly entered: number;
  /** That of its result. */
  readonly left: number;
}

/** Compiles the figures of a flow's layers, from the gradients of all values of each layer. */
async function compileFigures(flow: Bijection, keep: Keep) {
  const size = countElements(flow.inputShape);
  const inputs = inputsFor(flow, size);
  const at = parametersFrom(inputs.weights);
  const x = input('x', [size, ...flow.inputShape]);
  const unit = input('unit', [size, size]);
  const outputs: Record<string, Tensor> = {};
  let current: Tensor = x;
  for (const [key, layer] of Object.entries(flow.parts!)) {
    const { y, logDet } = layer.forward(current, at.at(key), inputs.condition);
    // Image i is the gradient of value i.
    const [gradient] = gradients(sum(multiply(y, reshape(unit, y.shape))), [current], constant(1));
    Object.assign(outputs, {
      [`x ${key}`]: current,
      [`jacobian ${key}`]: gradient!,
      [`logDet ${key}`]: logDet,
      [`y ${key}`]: y,
    });
    current = y;
  }
  const program = keep(
    await compile({ inputs: { x, unit, ...inputs.tensors }, outputs }, { precision: 'float64', threads: 1 }),
  );
  const units = Float64Array.from({ length: size * size }, (_, index) => (index % (size + 1) === 0 ? 1 : 0));
  return async (image: NdArray, weights: NamedArrays, condition: Arrays): Promise<LayerFigures[]> => {
    const results = await program.run({
      x: copies(image, size),
      unit: { shape: [size, size], data: units },
      ...feedsFor(
        weights,
        mapArrays(condition, (array) => copies(array, size)),
      ),
    });
    return Object.keys(flow.parts!).map((key) => {
      const jacobian = results[`jacobian ${key}`]!.data as Float64Array;
      const rows = Array.from({ length: size }, (_, row) => jacobian.slice(row * size, (row + 1) * size));
      return {
        ...matrixFigures(rows),
        name: key,
        claimed: results[`logDet ${key}`]!.data[0]!,
        entered: largestMagnitude(results[`x ${key}`]!.data),
        left: largestMagnitude(results[`y ${key}`]!.data),
      };
    });
  };
}

/** The largest errors that rounding explains, to first order; infinite where an error is too large for that. */
interface ErrorBounds {
  /** Of each layer. */
  readonly logDets: readonly number[];
  /** Of their sum. */
  readonly logDet: number;
  readonly y: number;
  /** Of inverse(y). */
  readonly x: number;
}

function errorBounds(layers: readonly LayerFigures[], precision: Precision): ErrorBounds {
  const unit = ROUNDINGS * ROUNDING[precision];
  const smallOr = (error: number): number => (error < MOST_ERROR ? error : Number.POSITIVE_INFINITY);
  let y = 0;
  const logDets = layers.map(({ norm, inverseNorm, logDet, entered, left }) => {
    const before = smallOr(y);
    y = norm * (before + unit * entered) + unit * left;
    return before * (1 + inverseNorm) + unit * (norm * inverseNorm + Math.abs(logDet) + entered);
  });
  const x = layers.reduceRight(
    (error, { norm, inverseNorm, entered, left }) =>
      smallOr(inverseNorm * (error + unit * (left + norm * entered))),
    0,
  );
  return { logDets, logDet: logDets.reduce((total, one) => total + one, 0), y, x };
}

type Arrays = Readonly<Record<string, NdArray>>;

function mapArrays(arrays: Arrays, transform: (array: NdArray) => NdArray): Arrays {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, transform(array)]));
}

/** A batch of the same image, so many times. */
function copies({ shape, data }: NdArray, count: number): NdArray {
  return {
    shape: [count, ...shape.slice(1)],
    data: Float64Array.from({ length: count * data.length }, (_, index) => data[index % data.length]!),
  };
}

/** An image of a batch, as a batch. */
function imageIn({ shape, data }: NdArray, index: number): NdArray {
  const size = countElements(shape.slice(1));
  return {
    shape: [1, ...shape.slice(1)],
    data: Float64Array.from(data.slice(index * size, (index + 1) * size)),
  };
}

/** An image between two others. */
function between(image: NdArray, others: NdArray): NdArray {
  const [first, last] = [imageIn(others, 0), imageIn(others, 1)];
  return {
    shape: [3, ...image.shape.slice(1)],
    data: Float64Array.from([...first.data, ...image.data, ...last.data]),
  };
}

function largestMagnitude(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** @throws unless the numbers are within an error bound of others, or the bound is too large to tell */
function requireNear(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: number,
): void {
  const error = largestMagnitude(Array.from(actual, (value, index) => value - expected[index]!));
  if (bound < MOST_ERROR && !(error <= bound)) {
    throw new Error(`${what}: off by ${error}, more than ${bound}`);
  }
}

/** The results of a flow for a batch of images; `logDet` has one number for each. */
type Values = Readonly<Record<'y' | 'logDet' | 'inverse', NdArray>>;

/** Compiles a flow for batches of any size. */
async function compileFlow(flow: Bijection, precision: Precision, keep: Keep) {
  const inputs = inputsFor(flow, OPEN_BATCH);
  const x = input('x', [OPEN_BATCH, ...flow.inputShape]);
  const target = input('target', [OPEN_BATCH, ...flow.outputShape]);
  const p = parametersFrom(inputs.weights);
  const { y, logDet } = flow.forward(x, p, inputs.condition);
  const perImage = add(logDet, multiply(sum(detach(x), [1, 2, 3]), 0));
  const outputs = { y, logDet: perImage, inverse: flow.inverse(target, p, inputs.condition) };
  const program = keep(
    await compile({ inputs: { x, target, ...inputs.tensors }, outputs }, { precision, threads: 1 }),
  );
  return async (feeds: NamedArrays) => (await program.run(feeds)) as unknown as Values;
}

/** The flow of a case; undefined if it has no layers, or an option or its images are refused. */
function buildUnlessRefused(flowCase: FlowCase): Bijection | undefined {
  try {
    return buildFlow(flowCase);
  } catch (error) {
    if (error instanceof UserError) {
      return undefined;
    }
    throw error;
  }
}

async function checkFlow(flowCase: FlowCase): Promise<void> {
  const flow = buildUnlessRefused(flowCase);
  if (!flow) {
    return;
  }
  await releaseAfter(async (keep) => {
    const weights = weightsFor(flow.parameters, flowCase);
    const conditions = randomCondition(3, flow.conditions);
    const condition = mapArrays(conditions, (array) => imageIn(array, 1));
    const others = imagesFor(flowCase, 2);
    const figuresAt = await compileFigures(flow, keep);
    const [run, runSingle] = [
      await compileFlow(flow, 'float64', keep),
      await compileFlow(flow, 'float32', keep),
    ];

    const checkAt = async (x: NdArray): Promise<void> => {
      const layers = await figuresAt(x, weights, condition);
      const bounds = errorBounds(layers, 'float64');
      for (const [index, { name, claimed, logDet }] of layers.entries()) {
        requireNear(`logDet of ${name}`, [claimed], [logDet], bounds.logDets[index]!);
      }
      const logDet = [layers.reduce((total, layer) => total + layer.logDet, 0)];
      const feeds = { x, target: imagesAs(x, flow.outputShape), ...feedsFor(weights, condition) };
      const alone = await run(feeds);
      requireNear('logDet of the flow', alone.logDet.data, logDet, bounds.logDet);
      const batch = {
        x: between(x, others),
        target: between(alone.y, imagesAs(others, flow.outputShape)),
        ...feedsFor(weights, conditions),
      };
      // Strong networks return numbers beyond float32.
      const precisions: Precision[] = flowCase.strength > 5 ? ['float64'] : ['float64', 'float32'];
      for (const precision of precisions) {
        const within = errorBounds(layers, precision);
        const { y, logDet: logDets, inverse } = await (precision === 'float64' ? run : runSingle)(batch);
        requireNear(`y in a batch, ${precision}`, imageIn(y, 1).data, alone.y.data, within.y);
        requireNear(`logDet in a batch, ${precision}`, [logDets.data[1]!], logDet, within.logDet);
        requireNear(`inverse(forward(x)), ${precision}`, imageIn(inverse, 1).data, x.data, within.x);
      }
    };

    await checkAt(imageIn(imagesFor(flowCase, 1), 0));
    // The other way round: from a latent to an image.
    const latent = imageIn(imagesAs(others, flow.outputShape), 1);
    const feeds = feedsFor(weights, condition);
    const { inverse: x } = await run({ x: imageIn(others, 0), target: latent, ...feeds });
    // No image has a latent outside of a layer's range.
    if (x.data.every(Number.isFinite)) {
      const layers = await figuresAt(x, weights, condition);
      const bounds = errorBounds(layers, 'float64');
      const norm = layers.reduce((total, layer) => total * layer.norm, 1);
      const { y } = await run({ x, target: latent, ...feeds });
      requireNear('forward(inverse(y))', y.data, latent.data, norm * bounds.x + bounds.y);
      await checkAt(x);
    }
  });
}

/** The values of images as images of another shape. */
function imagesAs({ shape, data }: NdArray, imageShape: readonly number[]): NdArray {
  return { shape: [shape[0]!, ...imageShape], data };
}

/** The properties of flows. */
export const flowProperties: readonly Property<FlowCase>[] = [
  {
    topic: 'flows',
    name: 'log-determinants are those of the Jacobian, and the inverse inverts, in batches as alone',
    cases: flowCases,
    tries: 30,
    check: checkFlow,
  },
];
