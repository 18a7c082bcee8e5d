// The maps that a layer consists of, in a form in which whole numbers can go through them and back without a loss.
import type { Offset } from '../../tensor/operations/index.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Condition } from './condition.ts';

/** The same values in another order. */
interface OrderMap {
  readonly kind: 'order';
  /** Reorders images `[N, H, W, C]`. */
  apply(x: Tensor): Tensor;
}

/** y = x + bias, per channel. */
interface ShiftMap {
  readonly kind: 'shift';
  /** `[C]`. */
  readonly bias: Tensor;
}

/** y = x·scale, per channel. */
interface ScaleMap {
  readonly kind: 'scale';
  /** `[C]`, without zeros. */
  readonly scale: Tensor;
}

/** y = x·weight for every pixel. */
interface MatrixMap {
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

/** How a transformer changes one value: by a shift and a positive scale, or by a curve that rises everywhere. */
export type ScalarMap =
  /** y = (x + shift)·scale. */
  | { readonly shift: number; readonly scale: number }
  /** y of x. */
  | { curve(x: number): number };

/** A transformer, for one value at a time. */
export interface ScalarTransformer {
  /** How many numbers it takes for each value. */
  readonly numbers: number;
  /**
   * How it changes one value, given that value's numbers, for lossless compression: from arithmetic of
   * `numeric/portableMath.ts` alone, so that every machine computes the same. Missing if it can't compress.
   */
  scalar?(numbers: Float64Array): ScalarMap;
}

/** Some values change by a transformer, whose numbers depend on the others alone. */
export interface CouplingMap {
  readonly kind: 'coupling';
  /** The values of images that change, `[N, H', W', C']`. */
  changed(x: Tensor): Tensor;
  /** The transformer's numbers for them, `[N, H', W', numbers · C']`. */
  numbers(x: Tensor, condition?: Condition): Tensor;
  readonly transformer: ScalarTransformer;
}

/** A map that code for whole numbers knows, by its `kind`. */
export type ElementaryMap = OrderMap | ShiftMap | ScaleMap | MatrixMap | CornerMap | CouplingMap;
