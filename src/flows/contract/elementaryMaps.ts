// The maps that make up a layer, in a form that the codec can apply to whole numbers and invert exactly.

import type { Tensor } from '../../tensor/index.ts';
import type { Offset } from '../../tensor/operations/index.ts';
import type { Condition } from './condition.ts';

/** The same values in another order. */
interface OrderMap {
  /** Which map it is. */
  readonly kind: 'order';
  /** Reorders images `[N, H, W, C]`. */
  apply(x: Tensor): Tensor;
}

/** y = x + bias, per channel. */
interface ShiftMap {
  /** Which map it is. */
  readonly kind: 'shift';
  /** `[C]`. */
  readonly bias: Tensor;
}

/** y = x·scale, per channel. */
interface ScaleMap {
  /** Which map it is. */
  readonly kind: 'scale';
  /** `[C]`, without zeros. */
  readonly scale: Tensor;
}

/** y = x·weight for every pixel. */
interface MatrixMap {
  /** Which map it is. */
  readonly kind: 'matrix';
  /** `[C, C]`, invertible. */
  readonly weight: Tensor;
}

/**
 * y[h, w] = Σ x[h + row, w + column]·kernel[tap] over taps with these offsets, zero outside the image: a triangular matrix.
 * All rows and all columns of the offsets are on one side. The first tap in `offsets` at [0, 0] has input ≤ output
 * (`upper`), or input ≥ output.
 */
export interface CornerMap {
  /** Which map it is. */
  readonly kind: 'corner';
  /** `[…taps, G, G]`, without what is masked out. */
  readonly kernel: Tensor;
  /** Row and column of each tap. */
  readonly offsets: readonly Offset[];
  /** Whether input ≤ output at the pixel itself. */
  readonly upper: boolean;
  /** The first of the G channels that it maps; the others stay. */
  readonly firstChannel: number;
}

/** y = (x + shift)·scale. */
interface AffineScalarMap {
  /** Added to the value. */
  readonly shift: number;
  /** Positive. */
  readonly scale: number;
}

/**
 * How a transformer changes one value, given that value's numbers: by a shift and a scale, or by a curve that rises
 * everywhere. Both from arithmetic of `numeric/portableMath.ts` alone, so that every machine computes the same.
 */
export type ScalarForm =
  | {
      /** The shift and the scale. */
      affine(numbers: Float64Array): AffineScalarMap;
    }
  | {
      /** The curve, y of x. */
      curve(numbers: Float64Array): (x: number) => number;
    };

/** A transformer, for one value at a time. */
interface ScalarTransformer {
  /** How many numbers it takes for each value. */
  readonly numbers: number;
  /** How it changes one value, for lossless compression; missing if it can't compress. */
  readonly scalar?: ScalarForm;
}

/** Some values change by a transformer, whose numbers depend only on the others. */
export interface CouplingMap {
  /** Which map it is. */
  readonly kind: 'coupling';
  /** The values of images that change, `[N, H', W', C']`. */
  changed(x: Tensor): Tensor;
  /** The transformer's numbers for them, `[N, H', W', numbers · C']`. */
  numbers(x: Tensor, condition?: Condition): Tensor;
  /** What changes them, one value at a time. */
  readonly transformer: ScalarTransformer;
}

/** A map that code for whole numbers knows, by its `kind`. */
export type ElementaryMap = OrderMap | ShiftMap | ScaleMap | MatrixMap | CornerMap | CouplingMap;
