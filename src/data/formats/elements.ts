// The elements of arrays in files, of any byte order, as the values of images.
import { UserError } from '../../core/errors.ts';
import { type Values, valuesInBytes } from '../../core/numeric/index.ts';
import { dataView } from './bytes.ts';

/** How a file stores an element. */
export type ElementType = 'uint8' | 'uint16' | 'float32' | 'float64';

/** The bytes of an element. */
export const elementBytes: Readonly<Record<ElementType, number>> = {
  uint8: 1,
  uint16: 2,
  float32: 4,
  float64: 8,
};

/** The elements of an array. */
export interface Elements {
  /** Float64 elements are rounded to float32. */
  readonly values: Values;
  /** The largest error of that rounding, as a share of the largest magnitude; 0 for other elements. */
  readonly rounding: number;
}

/**
 * Reads elements. NaN and infinity stay what they are.
 *
 * @throws UserError if a float64 element is too large for float32, or all are too small
 */
export function readElements(
  bytes: Uint8Array,
  { type, isLittle }: { readonly type: ElementType; readonly isLittle: boolean },
  source: string,
): Elements {
  const size = elementBytes[type];
  if (type === 'uint8' || (type !== 'float64' && isLittle)) {
    return { values: valuesInBytes(type, bytes), rounding: 0 };
  }
  const view = dataView(bytes);
  const count = bytes.length / size;
  if (type === 'float64') {
    return roundedToFloat32(count, (index) => view.getFloat64(index * size, isLittle), source);
  }
  // Plain loops: `from` with a function takes 80 bytes per value.
  const values = type === 'uint16' ? new Uint16Array(count) : new Float32Array(count);
  for (let index = 0; index < count; index++) {
    values[index] =
      type === 'uint16' ? view.getUint16(index * size, isLittle) : view.getFloat32(index * size, isLittle);
  }
  return { values, rounding: 0 };
}

/** Errors above this share of the largest value mean that it is outside the range of float32, or close to its lower end. */
const MOST_ROUNDING = 2 ** -24;

/**
 * Rounds numbers to float32. Numbers far below the largest one may become 0.
 *
 * @param numberAt returns a number by its index
 * @throws UserError if one is too large, or the largest one is too small
 */
export function roundedToFloat32(
  count: number,
  numberAt: (index: number) => number,
  source: string,
): Elements {
  const values = new Float32Array(count);
  let [largest, error] = [0, 0];
  for (let index = 0; index < count; index++) {
    const exact = numberAt(index);
    values[index] = exact;
    if (Number.isFinite(exact)) {
      if (!Number.isFinite(values[index]!)) {
        throw outOfRange(source, exact);
      }
      largest = Math.max(largest, Math.abs(exact));
      error = Math.max(error, Math.abs(values[index]! - exact));
    }
  }
  const rounding = largest === 0 ? 0 : error / largest;
  if (rounding > MOST_ROUNDING) {
    throw outOfRange(source, largest);
  }
  return { values, rounding };
}

function outOfRange(source: string, value: number): UserError {
  return new UserError(
    'invalid-data',
    `${source}: float32 cannot hold the value ${value}: scale the values, for example to a mean magnitude of 1`,
  );
}
