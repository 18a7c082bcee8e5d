// The objects that a pickle may make: plain data and NumPy arrays, by the few functions of Python that make these.

/** An array in a pickle: its elements' type in NumPy's words, and their bytes, row-major. */
export interface PickledArray {
  readonly type: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** What a pickle can hold here; other objects are none of these. */
export type Pickled =
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | Pickled[]
  | PickledArray
  | Map<Pickled, Pickled>
  | Named;

/** A class or function of Python by its name. */
export class Named {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** An array whose content comes with the next instruction. */
class ArrayBuilder implements PickledArray {
  type = '';
  shape: readonly number[] = [];
  bytes = new Uint8Array();
}

/** The type of an array's elements. */
class ElementType {
  readonly type: string;

  constructor(type: string) {
    this.type = type;
  }
}

/** What lies on the stack while a pickle is read. */
export type Item = Pickled | ElementType | typeof mark;
/** Where a list of unknown length begins on the stack. */
export const mark: unique symbol = Symbol('mark');

/** Whether a value of a pickle is an array. */
export function isPickledArray(value: unknown): value is PickledArray {
  return value instanceof ArrayBuilder;
}

/** Keys are text, of Python 3 or 2. */
export function keyOf(key: Pickled): Pickled {
  return key instanceof Uint8Array ? new TextDecoder('latin1').decode(key) : key;
}

/** The value, if it is text; throws Error if not. */
export function textOf(value: unknown): string {
  if (typeof value !== 'string') {
    throw new Error('a name is no text');
  }
  return value;
}

/** Calls one of the functions that make arrays; throws Error if it is any other. */
export function call(target: unknown, values: unknown): Item {
  const name = target instanceof Named ? target.name.replace('numpy._core', 'numpy.core') : 'something';
  const parameters = Array.isArray(values) ? (values as unknown[]) : [];
  switch (name) {
    case 'numpy.core.multiarray _reconstruct':
      return new ArrayBuilder();
    case 'numpy dtype':
      return new ElementType(textOf(keyOf(parameters[0] as Pickled)));
    case 'numpy.core.numeric _frombuffer': {
      const array = new ArrayBuilder();
      fill(array, parameters[2], parameters[1], parameters[3] !== 'C', parameters[0]);
      return array;
    }
    case 'numpy.core.multiarray scalar': // a label
      return null;
    case '_codecs encode': // how protocol 2 of Python 3 writes bytes
      return Buffer.from(textOf(parameters[0]), 'latin1');
    default:
      throw new Error(`it asks for ${name}`);
  }
}

/**
 * Gives an array its content: (version, shape, type, whether in Fortran order, bytes).
 *
 * @throws Error if it is something else
 */
export function build(target: unknown, state: unknown): void {
  if (target instanceof ElementType) {
    return;
  }
  if (!(target instanceof ArrayBuilder && Array.isArray(state) && state.length === 5)) {
    throw new Error('the state of something that is no array');
  }
  fill(target, state[1], state[2], state[3], state[4]);
}

function fill(array: ArrayBuilder, shape: unknown, type: unknown, fortran: unknown, bytes: unknown): void {
  const isShape = Array.isArray(shape) && shape.every((axis) => Number.isInteger(axis) && axis >= 0);
  if (!isShape || !(type instanceof ElementType) || !(bytes instanceof Uint8Array) || fortran === true) {
    throw new Error('an array that is not row-major in one piece');
  }
  array.shape = shape as number[];
  array.type = type.type;
  array.bytes = bytes as Uint8Array<ArrayBuffer>;
}
