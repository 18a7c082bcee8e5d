// Checks any base distribution: that its density has the integral 1, and that samples follow it.
import {
  countElements,
  dot,
  type ImageShape,
  type NdArray,
  RandomStream,
  relativeError,
} from '../../core/numeric/index.ts';
import { type CompileOptions, compile, onCpu } from '../../tensor/engine/index.ts';
import { gradients } from '../../tensor/gradients/gradient.ts';
import { constant, input, type Tensor } from '../../tensor/index.ts';
import { sum } from '../../tensor/operations/index.ts';
import { parametersFrom } from '../contract/parameters.ts';
import { type BaseDistribution, noiseShape } from '../priors/baseDistribution.ts';
import { type BijectionReport, createReport } from './checkBijection.ts';
import { type Arrays, Checks } from './checkContext.ts';
import { randomParameters } from './randomParameters.ts';

/** How a base distribution is checked. */
export interface CheckBaseOptions {
  /** Values for all of its parameters, by name; by default random. */
  readonly parameters?: Readonly<Record<string, NdArray>>;
  /** Threads that share each operation; by default one per core. */
  readonly threads?: number;
}

/** The latents of the checks: two channels, which may differ. */
const SHAPE: ImageShape = [1, 1, 2];
const CHANNELS = SHAPE[2];

/** Densities are integrated over ε = sinh t, by the trapezoidal rule, for |t| up to this: |ε| up to 10¹². */
const MOST = 28.3;
const STEP = 1 / 200;

/** Samples of each channel. */
const SAMPLES = 2 ** 17;

/** The largest distance of distribution functions: the samples of one in 10⁹ correct distributions are further away. */
const DISTANCE = Math.sqrt(Math.log(2e9) / (2 * SAMPLES));

/** The largest error of an integral: less than any mistake in a formula. */
const INTEGRAL = 1e-5;

/** By how much a distribution function may fall, next to 1: the codec allows for it. */
const ROUNDING = 1e-15;

/** The largest error of a gradient against central differences. */
const GRADIENT = 1e-6;

/** Where energies are differentiated. */
const POINTS = [-7.3, -2.1, -0.6, 0.013, 0.9, 1.7, 5.2];

/**
 * Runs a base distribution through the checks that the library's own must pass, in float64 with random parameters:
 *
 * - the integral of the density is 1, by quadrature;
 * - 2¹⁷ samples follow the density (Kolmogorov and Smirnov), and channels are independent;
 * - `distribution`, if there is one, is the integral of the density, and never falls;
 * - the gradients of the energy agree with central differences.
 *
 * A wrong distribution results in a report with problems, never an exception.
 */
export async function checkBase(
  base: BaseDistribution,
  { parameters, threads }: CheckBaseOptions = {},
): Promise<BijectionReport> {
  const context = new Checks(threads);
  const options: CompileOptions = { ...onCpu(context.precision('float64')) };
  const values =
    parameters ??
    (await context.attempt('parameters', () => randomParameters(base.parameters?.(SHAPE) ?? {})));
  if (!values) {
    return createReport(context.checks);
  }
  const distribution = await context.attempt('the energy', () => integrate(context, base, values, options));
  await context.attempt('gradients', () => checkEnergyGradients(context, base, values, options));
  if (distribution) {
    await context.attempt('samples', () => checkSamples(context, base, { values, distribution, options }));
    await context.attempt('distribution', () => checkDistribution(context, base, distribution));
  }
  return createReport(context.checks);
}

/** The distribution function of each channel at the nodes of the quadrature. */
type Distribution = readonly Float64Array[];

function nodes(): Float64Array {
  const count = Math.floor(MOST / STEP);
  return Float64Array.from({ length: 2 * count + 1 }, (_, index) => (index - count) * STEP);
}

/** Constants for parameters. */
function constants(values: Arrays) {
  return parametersFrom(
    Object.fromEntries(Object.entries(values).map(([path, array]) => [path, constant(array)])),
  );
}

/** Points in every channel, `[N, 1, 1, C]`. */
function inChannels(points: ArrayLike<number>): NdArray {
  const data = Float64Array.from(
    { length: points.length * CHANNELS },
    (_, index) => points[Math.floor(index / CHANNELS)]!,
  );
  return { shape: [points.length, ...SHAPE], data };
}

async function integrate(
  context: Checks,
  base: BaseDistribution,
  values: Arrays,
  options: CompileOptions,
): Promise<Distribution | undefined> {
  const t = nodes();
  const points = inChannels(t.map(Math.sinh));
  const epsilon = input('epsilon', points.shape);
  const energy = base.energy(epsilon, constants(values));
  if (
    !context.note(
      `shape of the energy: [${energy.shape}]`,
      String(energy.shape) === String(points.shape) ? 0 : 1,
      0,
    )
  ) {
    return undefined;
  }
  const program = await compile({ inputs: { epsilon }, outputs: { energy } }, options);
  const { energy: energies } = await program.run({ epsilon: points });
  await program.release();
  return Array.from({ length: CHANNELS }, (_, channel) => {
    let total = 0;
    const below = t.map((node, index) => {
      const density = Math.exp(-energies!.data[index * CHANNELS + channel]! - (base.logNormaliser ?? 0));
      const share = density * Math.cosh(node) * STEP;
      total += share;
      return total - share / 2;
    });
    context.note(`integral of the density of channel ${channel}, less 1`, Math.abs(total - 1), INTEGRAL);
    return below;
  });
}

/** The distribution function at a value, between the nodes. */
function functionAt(below: Float64Array, epsilon: number): number {
  const position = Math.min(
    Math.max((Math.asinh(epsilon) + (below.length - 1) * (STEP / 2)) / STEP, 0),
    below.length - 1,
  );
  const [first, share] = [Math.floor(position), position % 1];
  const start = below[first]!;
  return share === 0 ? start : start + share * (below[first + 1]! - start);
}

async function checkSamples(
  context: Checks,
  base: BaseDistribution,
  {
    values,
    distribution,
    options,
  }: { readonly values: Arrays; readonly distribution: Distribution; readonly options: CompileOptions },
): Promise<void> {
  const shape = [SAMPLES, ...noiseShape(base, SHAPE)];
  const normal = input('normal', shape);
  const sample = base.sample(normal, constants(values));
  const expected = [SAMPLES, ...SHAPE];
  if (
    !context.note(`shape of samples: [${sample.shape}]`, String(sample.shape) === String(expected) ? 0 : 1, 0)
  ) {
    return;
  }
  const program = await compile({ inputs: { normal }, outputs: { sample } }, options);
  const data = new RandomStream(6, 'samples').normals(countElements(shape));
  const { sample: drawn } = await program.run({ normal: { shape, data } });
  await program.release();
  const finite = drawn!.data.every(Number.isFinite);
  context.note('samples that are not finite', finite ? 0 : 1, 0);
  const shares = distribution.map((below, channel) =>
    Float64Array.from({ length: SAMPLES }, (_, index) =>
      functionAt(below, drawn!.data[index * CHANNELS + channel]!),
    ),
  );
  shares.forEach((channelShares, channel) => {
    const distance = channelShares
      .slice()
      .sort()
      .reduce((largest, share, index) => Math.max(largest, Math.abs(share - (index + 0.5) / SAMPLES)), 0);
    context.note(`distance of the samples of channel ${channel} from the density`, distance, DISTANCE);
  });
  const [first, second] = shares.map((channelShares) => channelShares.map((share) => share - 0.5)) as [
    Float64Array,
    Float64Array,
  ];
  const correlation = (12 * dot(first, second)) / SAMPLES;
  context.note('correlation of the samples of two channels', Math.abs(correlation), 6.2 / Math.sqrt(SAMPLES));
}

function checkDistribution(context: Checks, base: BaseDistribution, [below]: Distribution): void {
  if (!base.distribution) {
    return;
  }
  let [falls, error, last] = [0, 0, 0];
  nodes().forEach((node, index) => {
    const value = base.distribution!(Math.sinh(node));
    falls += value >= last - ROUNDING ? 0 : 1;
    error = Math.max(error, Math.abs(value - below![index]!));
    last = value;
  });
  context.note('places where the distribution function falls', falls, 0);
  context.note('distribution function against the density', error, INTEGRAL);
}

async function checkEnergyGradients(
  context: Checks,
  base: BaseDistribution,
  values: Arrays,
  options: CompileOptions,
): Promise<void> {
  const feeds: Record<string, NdArray> = { epsilon: inChannels(POINTS), ...values };
  const tensors: Record<string, Tensor> = Object.fromEntries(
    Object.entries(feeds).map(([name, { shape }]) => [name, input(name, shape)]),
  );
  const { epsilon, ...parameters } = tensors;
  const energy = sum(base.energy(epsilon!, parametersFrom(parameters)));
  const names = Object.keys(tensors);
  const allGradients = gradients(energy, Object.values(tensors), constant(1));
  const outputs = {
    energy,
    ...Object.fromEntries(names.map((name, index) => [`gradient ${name}`, allGradients[index]!])),
  };
  const program = await compile({ inputs: tensors, outputs }, options);
  const exact = await program.run(feeds);
  for (const name of names) {
    const { shape, data } = feeds[name]!;
    const direction = new RandomStream(7, name).normals(data.length);
    const energyAt = async (h: number): Promise<number> => {
      const moved = Float64Array.from(data, (value, index) => value + h * direction[index]!);
      return (await program.run({ ...feeds, [name]: { shape, data: moved } })).energy!.data[0]!;
    };
    const h = 1e-5;
    const numeric = ((await energyAt(h)) - (await energyAt(-h))) / (2 * h);
    const error = relativeError([dot(direction, exact[`gradient ${name}`]!.data)], [numeric]);
    context.note(`gradient of the energy by ${name}`, error, GRADIENT);
  }
  await program.release();
}
