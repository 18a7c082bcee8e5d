// A small flow for points of the plane, which are images of one pixel and two channels.
import {
  additive,
  affine,
  type Conditioner,
  coupling,
  filledParameter,
  layers,
  mixture,
  normalParameter,
  StagedFlow,
  spline,
  type TransformerFor,
  topPrior,
} from 'emerging-flows/flows';
import { operations, type Tensor } from 'emerging-flows/tensor';

const { add, elu, pointwise } = operations;

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

/**
 * A flow of couplings that change the coordinates in turn, then a scale and a shift of each coordinate, and a standard
 * normal prior. Points are about as large as 1, and are not standardised.
 */
export function planeFlow({ depth, width, transformer }: PlaneOptions): StagedFlow {
  const couplings = Array.from({ length: depth }, (_, step) => ({
    kind: 'step' as const,
    path: `couplings/${step}`,
    level: 0,
    step,
    stage: coupling(pointShape, {
      mask: step % 2 === 0 ? [1, 0] : [0, 1],
      conditioner: network(width),
      transformer: transformers[transformer](),
    }),
  }));
  return new StagedFlow(
    pointShape,
    [
      ...couplings,
      { kind: 'step', path: 'scale', level: 0, step: depth, stage: layers.actnorm(pointShape) },
      { kind: 'prior', path: 'prior', level: 0, stage: topPrior(pointShape, { learnedPrior: false }) },
    ],
    { continuous: { mean: [0, 0], deviation: [1, 1] } },
  );
}
