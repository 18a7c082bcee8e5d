// The maps that everything linear is made of on whole numbers: an order, shifts, lifts and scales.

import { countDimensions, decompose, type ImageShape, type NdArray } from '../../../core/numeric/index.ts';
import type { CouplingMap, ElementaryMap } from '../../../flows/contract/index.ts';
import { constant, type Tensor } from '../../../tensor/index.ts';
import type { Lift } from './lift.ts';

/** A map of the values of an image, with numbers in place of tensors. */
export type Primitive =
  /** y[i] = x[from[i]]. */
  | { readonly kind: 'order'; readonly from: ArrayLike<number> }
  /** y = x + bias, per channel. */
  | { readonly kind: 'shift'; readonly biases: Float64Array }
  /** Triangular with ones on the diagonal. */
  | { readonly kind: 'lift'; readonly lift: Lift }
  /** y = x·scale, per channel. */
  | { readonly kind: 'scale'; readonly scales: Float64Array }
  | { readonly kind: 'coupling'; readonly coupling: PlacedCoupling };

/** A coupling, and where in an image the values are that it changes. */
export interface PlacedCoupling extends Pick<CouplingMap, 'numbers' | 'transformer'> {
  /** Their positions in the image, pixel by pixel. */
  readonly places: ArrayLike<number>;
  /** How many of them a pixel has. */
  readonly channels: number;
  /** Factors still to be applied to the channels: the coupling applies the factors of the channels that it changes. */
  readonly scales: Float64Array;
}

/** How a kind of elementary map is made of primitives. */
interface MapKind<Map> {
  /** The tensors whose values `primitives` takes. */
  constants(map: Map, shape: ImageShape): readonly Tensor[];
  /** The primitives, first to last, for images of a shape. */
  primitives(map: Map, shape: ImageShape, constants: readonly NdArray['data'][]): Primitive[];
}

type Kinds = {
  readonly [Kind in ElementaryMap['kind']]: MapKind<Extract<ElementaryMap, { readonly kind: Kind }>>;
};

const kinds: Kinds = {
  order: {
    constants: ({ apply }, shape) => [apply(positions(shape))],
    primitives: (_, __, [from]) => [{ kind: 'order', from: from! }],
  },
  shift: {
    constants: ({ bias }) => [bias],
    primitives: (_, __, [bias]) => [{ kind: 'shift', biases: Float64Array.from(bias!) }],
  },
  scale: {
    constants: ({ scale }) => [scale],
    primitives: (_, __, [scale]) => [{ kind: 'scale', scales: Float64Array.from(scale!) }],
  },
  matrix: {
    constants: ({ weight }) => [weight],
    primitives: (_, shape, [weight]) => primitivesOfMatrix(shape, weight!),
  },
  corner: {
    constants: ({ kernel }) => [kernel],
    primitives: ({ kernel, ...form }, [, , depth], [values]) =>
      unitLift({ ...form, kernel: values!, channels: kernel.shape.at(-1)! }, depth),
  },
  coupling: {
    constants: ({ changed }, shape) => [changed(positions(shape))],
    primitives: (map, shape, [places]) => {
      const channels = map.changed(positions(shape)).shape.at(-1)!;
      const scales = new Float64Array(shape[2]).fill(1);
      return [{ kind: 'coupling', coupling: { ...map, places: places!, channels, scales } }];
    },
  },
};

/** How a map is made of primitives. */
export function mapKind({ kind }: ElementaryMap): MapKind<ElementaryMap> {
  return kinds[kind] as MapKind<ElementaryMap>;
}

/** An image whose values are their own positions: what a map moves shows where it moves it. */
function positions(shape: ImageShape): Tensor {
  const data = Float64Array.from({ length: countDimensions(shape) }, (_, index) => index);
  return constant({ shape: [1, ...shape], data });
}

/** x·W = x·Pᵀ·L·U with P·W = L·U: an order of the channels, then two triangular matrices. */
function primitivesOfMatrix(shape: ImageShape, weight: ArrayLike<number>): Primitive[] {
  const channels = shape[2];
  const { factors, pivots } = decompose(weight, channels);
  const from = Int32Array.from({ length: countDimensions(shape) }, (_, index) => {
    const channel = index % channels;
    return index - channel + pivots[channel]!;
  });
  const factor = { kernel: factors, offsets: [[0, 0]] as const, firstChannel: 0, channels };
  return [
    { kind: 'order', from },
    { kind: 'lift', lift: { ...factor, upper: false } },
    ...unitLift({ ...factor, upper: true }, channels),
  ];
}

/** A triangular map as a lift, the columns divided by the diagonal, and a scale by that diagonal. */
function unitLift(map: Lift, depth: number): Primitive[] {
  const { kernel, offsets, channels, firstChannel } = map;
  const centre = offsets.findIndex(([row, column]) => row === 0 && column === 0);
  const scales = new Float64Array(depth).fill(1);
  for (let channel = 0; channel < channels; channel++) {
    scales[firstChannel + channel] = notZero(kernel[(centre * channels + channel) * channels + channel]!);
  }
  const divided = Float64Array.from(kernel, (tap, index) => tap / scales[firstChannel + (index % channels)]!);
  return [
    { kind: 'lift', lift: { ...map, kernel: divided } },
    { kind: 'scale', scales },
  ];
}

/** The least size of a scale. */
const LEAST_SCALE = 2 ** -16;

/** Singular matrices have no inverse; on whole numbers the nearest ones do. */
function notZero(scale: number): number {
  return Math.abs(scale) >= LEAST_SCALE ? scale : scale < 0 ? -LEAST_SCALE : LEAST_SCALE;
}
