// Shared by the checks of a bijection: the layer, how it is run, the limits, and the measurements.

import { countElements, type NdArray } from '../../core/numeric/index.ts';
import type { CompileOptions } from '../../tensor/engine/index.ts';
import type { Bijection } from '../contract/bijection.ts';

/** Arrays by name. */
export type Arrays = Readonly<Record<string, NdArray>>;

/** The limits; errors are relative to the largest value, or to 1 if that is smaller. */
export const LIMITS = {
  inverse: 1e-9,
  inverseAtStart: 1e-11,
  /**
   * From gradients, exact in float64; from central differences; in nats per dimension along random
   * directions.
   */
  logDet: { gradients: 1e-9, differences: 1e-6, directions: 1e-4 },
  gradient: 1e-7,
  float32: 1e-4,
  /** The same numbers in another order. */
  same: 1e-12,
};

/** One thing that was checked; it is a problem unless value ≤ limit. */
export interface BijectionCheck {
  /** In words. */
  readonly what: string;
  /** The measurement; NaN if it was impossible. */
  readonly value: number;
  /** The largest acceptable value. */
  readonly limit: number;
}

/** The checks performed so far, and how programs are compiled for them. */
export class Checks {
  readonly checks: BijectionCheck[] = [];
  private readonly threads: number | undefined;

  constructor(threads: number | undefined) {
    this.threads = threads;
  }

  /** How programs are compiled. */
  precision(precision: 'float32' | 'float64'): CompileOptions {
    return { precision, ...(this.threads !== undefined && { threads: this.threads }) };
  }

  /** Records a measurement, and returns whether it is acceptable. */
  note(check: string, value: number, limit: number): boolean {
    this.checks.push({ what: check, value, limit });
    return value <= limit;
  }

  /** Performs a check. An exception from the layer is recorded as a problem; the result is then undefined. */
  async attempt<T>(subject: string, check: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await check();
    } catch (error) {
      this.note(`${subject}: ${error instanceof Error ? error.message : String(error)}`, Number.NaN, 0);
      return undefined;
    }
  }
}

/** The layer under test, and the checks performed so far. */
export class CheckContext extends Checks {
  readonly layer: Bijection;
  /** Images in the batch. */
  readonly images: number;

  constructor(layer: Bijection, images: number, threads: number | undefined) {
    super(threads);
    this.layer = layer;
    this.images = images;
  }
}

/** The largest error of each quantity that is measured repeatedly. */
export class LargestErrors {
  private readonly errors = new Map<string, number>();

  take(quantity: string, error: number): void {
    this.errors.set(quantity, Math.max(this.errors.get(quantity) ?? 0, error));
  }

  note(context: CheckContext, limit: number): void {
    for (const [quantity, error] of this.errors) {
      context.note(quantity, error, limit);
    }
  }
}

/** The part of an array that belongs to one image; a scalar applies to every image. */
export function ofImage({ shape, data }: NdArray, image: number): NdArray {
  const [, ...imageDimensions] = shape;
  const size = countElements(imageDimensions);
  return shape.length === 0
    ? { shape, data }
    : { shape: [1, ...imageDimensions], data: data.slice(image * size, (image + 1) * size) };
}
