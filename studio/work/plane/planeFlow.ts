// A small flow for points of the plane, which are images of one pixel and two channels.
import {
  additive,
  affine,
  type Bijection,
  type Conditioner,
  coupling,
  filledParameter,
  mixture,
  normalParameter,
  type ParameterSpec,
  StagedFlow,
  spline,
  type TransformerFor,
  topPrior,
} from 'emerging-flows/flows';
import { operations, type Tensor } from 'emerging-flows/tensor';

const { add, elu, exp, multiply, negate, pointwise, subtract, sum } = operations;

/** The shape of a point. */
export const pointShape = [1, 1, 2] as const;

/** How a coupling changes a coordinate, by name. */
export const transformers = {
  additive: () => additive(),
  affine: () => affine(),
  spline: () => spline({ bins: 8, bound: 4 }),
  mixture: () => mixture({ components: 6 }),
} as const satisfies Readonly<Record<string, () => TransformerFor>>;

/** The name of a transformer. */
export type TransformerName = keyof typeof transformers;

/** The size of a flow. */
export interface PlaneOptions {
  /** The number of couplings. */
  readonly depth: number;
  /** The hidden values of their networks. */
  readonly width: number;
  readonly transformer: TransformerName;
}

/** Two hidden layers; the output starts at zero. */
const network = (width: number): Conditioner => ({
  parameters: ([, , seen], { channels, numbers }) => ({
    'first/kernel': normalParameter([seen, width], 1.5),
    'first/bias': normalParameter([width], 1.5),
    'second/kernel': normalParameter([width, width], 1 / Math.sqrt(width)),
    'second/bias': filledParameter([width], 0),
    'third/kernel': filledParameter([width, channels * numbers], 0),
    'third/bias': filledParameter([channels * numbers], 0),
  }),
  forward(x, p) {
    const layer = (from: Tensor, name: string): Tensor =>
      add(pointwise(from, p.get(`${name}/kernel`)), p.get(`${name}/bias`));
    return layer(elu(layer(elu(layer(x, 'first')), 'second')), 'third');
  },
});

/** A parameter for each coordinate, with these initial values. */
const startingAt = (values: readonly number[]): ParameterSpec => ({
  shape: [values.length],
  trained: true,
  initial: () => Float64Array.from(values),
});

/**
 * A shift and a scale of each coordinate, y = (x + shift)·e^scale, which at first standardise `points`. No actnorm, which
 * starts from what the layers before it return: here they return the points, and nothing has to be run.
 */
function standardisation(points: Float32Array): Bijection {
  const moments = [0, 1].map((coordinate) => {
    const values = points.filter((_, index) => index % 2 === coordinate);
    const mean = values.reduce((total, value) => total + value, 0) / values.length;
    const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length;
    return { mean, deviation: Math.sqrt(variance) };
  });
  return {
    name: 'scale',
    inputShape: pointShape,
    outputShape: pointShape,
    parameters: {
      shift: startingAt(moments.map(({ mean }) => -mean)),
      scale: startingAt(moments.map(({ deviation }) => -Math.log(deviation + 1e-6))),
    },
    forward: (x, p) => ({
      y: multiply(add(x, p.get('shift')), exp(p.get('scale'))),
      logDet: sum(p.get('scale')),
    }),
    inverse: (y, p) => subtract(multiply(y, exp(negate(p.get('scale')))), p.get('shift')),
  };
}

/**
 * A flow of couplings that change the coordinates in turn, then a shift and a scale of each coordinate, and a standard
 * normal prior. Points are about as large as 1, and are not standardised before.
 */
export function planeFlow({ depth, width, transformer }: PlaneOptions, points: Float32Array): StagedFlow {
  // Equal stages share their programs.
  const stages = [
    [1, 0],
    [0, 1],
  ].map((mask) =>
    coupling(pointShape, { mask, conditioner: network(width), transformer: transformers[transformer]() }),
  );
  const couplings = Array.from({ length: depth }, (_, step) => ({
    kind: 'step' as const,
    path: `couplings/${step}`,
    level: 0,
    step,
    stage: stages[step % 2]!,
  }));
  return new StagedFlow(
    pointShape,
    [
      ...couplings,
      { kind: 'step', path: 'scale', level: 0, step: depth, stage: standardisation(points) },
      { kind: 'prior', path: 'prior', level: 0, stage: topPrior(pointShape, { learnedPrior: false }) },
    ],
    { continuous: { mean: [0, 0], deviation: [1, 1] } },
  );
}
