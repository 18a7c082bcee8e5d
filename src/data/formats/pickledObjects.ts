// The objects that a pickle may create: plain data and NumPy arrays, and the functions that construct arrays.

/** An array in a pickle: NumPy's name of the element type, and the bytes, row-major. */
export interface PickledArray {
  readonly type: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** The supported contents of a pickle; other objects are rejected. */
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

/** A Python class or function, by name. */
export class Named {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** An array whose content follows in the next instruction. */
class ArrayBuilder implements PickledArray {
  type = '';
  shape: readonly number[] = [];
  bytes = new Uint8Array();
}

/** The element type of an array. */
class ElementType {
  readonly type: string;

  constructor(type: string) {
    this.type = type;
  }
}

/** An item on the stack of the pickle machine. */
export type Item = Pickled | ElementType | typeof mark;
/** Marks the start of a list of unknown length on the stack. */
export const mark: unique symbol = Symbol('mark');

/** Whether a pickled value is an array. */
export function isPickledArray(value: unknown): value is PickledArray {
  return value instanceof ArrayBuilder;
}

/** The key of a dictionary entry; Python 2 strings, which are bytes, become strings. */
export function keyOf(key: Pickled): Pickled {
  return key instanceof Uint8Array ? new TextDecoder('latin1').decode(key) : key;
}

/** Returns the value if it is a string; throws Error otherwise. */
export function textOf(value: unknown): string {
  if (typeof value !== 'string') {
    throw new Error('a name is not a string');
  }
  return value;
}

/** Calls one of the functions that construct arrays; throws Error for any other. */
export function call(target: unknown, values: unknown): Item {
  const name =
    target instanceof Named
      ? target.name.replace('numpy._core', 'numpy.core')
      : 'something other than a function';
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
    case '_codecs encode': // how Python 3 writes bytes in protocol 2
      return Buffer.from(textOf(parameters[0]), 'latin1');
    default:
      throw new Error(`it calls ${name}`);
  }
}

/**
 * Sets the content of an array: (version, shape, type, whether in Fortran order, bytes).
 *
 * @throws Error if it is something else
 */
export function build(target: unknown, state: unknown): void {
  if (target instanceof ElementType) {
    return;
  }
  if (!(target instanceof ArrayBuilder && Array.isArray(state) && state.length === 5)) {
    throw new Error('it sets the state of something other than an array');
  }
  fill(target, state[1], state[2], state[3], state[4]);
}

function fill(array: ArrayBuilder, shape: unknown, type: unknown, fortran: unknown, bytes: unknown): void {
  const isShape = Array.isArray(shape) && shape.every((axis) => Number.isInteger(axis) && axis >= 0);
  if (!isShape || !(type instanceof ElementType) || !(bytes instanceof Uint8Array) || fortran === true) {
    throw new Error('an array that is not contiguous and row-major');
  }
  array.shape = shape as number[];
  array.type = type.type;
  array.bytes = bytes as Uint8Array<ArrayBuffer>;
}
