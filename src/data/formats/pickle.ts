// Python pickles of plain data and NumPy arrays, as published for downsampled ImageNet; no code is run.
import { shortText, UserError } from '../../core/errors.ts';
import { dataView } from './bytes.ts';

/**
 * Reads the value in a pickle of protocol 2 to 5. Only plain data is created: the Python functions that
 * construct NumPy arrays are emulated, all others are rejected.
 *
 * @throws UserError if it is corrupt or calls anything else
 */
export function readPickle(bytes: Uint8Array, source: string): Pickled {
  try {
    return new Machine(bytes).run();
  } catch (cause) {
    throw new UserError(
      'invalid-data',
      `${source}: not a pickle of plain arrays: ${shortText((cause as Error).message)}`,
      { cause },
    );
  }
}

/** Enough for the labels and names of more than a million images. */
const maxInstructions = 2 ** 23;
const maxMaps = 2 ** 16;

class Machine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #memo = new Map<number, Item>();
  #stack: Item[] = [];
  /** The bytes created by function calls: a pickle can convert one string to bytes many times. */
  #createdBytes = 0;
  #maps = 0;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = dataView(bytes);
  }

  run(): Pickled {
    if (this.#bytes[0] !== 0x80) {
      throw new Error('it does not start with the opcode of a binary pickle');
    }
    for (let count = 0; ; count++) {
      if (count > maxInstructions || this.#createdBytes > this.#bytes.length) {
        throw new Error('it creates more objects or bytes than a batch of images needs');
      }
      const code = String.fromCharCode(this.#uint8());
      if (code === '.') {
        return this.#pop() as Pickled;
      }
      const instruction = this.#instructions[code];
      if (instruction === undefined) {
        throw new Error(`unsupported instruction ${JSON.stringify(code)} at byte ${this.#at - 1}`);
      }
      instruction();
    }
  }

  readonly #instructions: Readonly<Record<string, () => unknown>> = {
    '\x80': () => this.#take(1), // the protocol
    '\x95': () => this.#take(8), // a frame's length
    '(': () => this.#stack.push(mark),
    '0': () => this.#pop(),
    N: () => this.#stack.push(null),
    '\x88': () => this.#stack.push(true),
    '\x89': () => this.#stack.push(false),
    J: () => this.#stack.push(this.#view.getInt32(this.#skip(4), true)),
    K: () => this.#stack.push(this.#uint8()),
    M: () => this.#stack.push(this.#view.getUint16(this.#skip(2), true)),
    G: () => this.#stack.push(this.#view.getFloat64(this.#skip(8))),
    '\x8a': () => this.#stack.push(this.#long(this.#uint8())),
    X: () => this.#stack.push(this.#text(this.#uint32())),
    '\x8c': () => this.#stack.push(this.#text(this.#uint8())),
    '\x8d': () => this.#stack.push(this.#text(this.#uint64())),
    // T and U are strings of Python 2, that is, bytes.
    B: () => this.#stack.push(this.#take(this.#uint32())),
    T: () => this.#stack.push(this.#take(this.#uint32())),
    C: () => this.#stack.push(this.#take(this.#uint8())),
    U: () => this.#stack.push(this.#take(this.#uint8())),
    '\x8e': () => this.#stack.push(this.#take(this.#uint64())),
    '\x96': () => this.#stack.push(this.#take(this.#uint64())),
    ']': () => this.#stack.push([]),
    ')': () => this.#stack.push([]),
    '}': () => this.#stack.push(this.#newMap()),
    t: () => this.#stack.push(this.#popToMark()),
    '\x85': () => this.#stack.push(this.#popItems(1)),
    '\x86': () => this.#stack.push(this.#popItems(2)),
    '\x87': () => this.#stack.push(this.#popItems(3)),
    a: () => this.#append(this.#popItems(1)),
    e: () => this.#append(this.#popToMark()),
    s: () => this.#setItems(this.#popItems(2)),
    u: () => this.#setItems(this.#popToMark()),
    q: () => this.#memo.set(this.#uint8(), this.#top()),
    r: () => this.#memo.set(this.#uint32(), this.#top()),
    '\x94': () => this.#memo.set(this.#memo.size, this.#top()),
    h: () => this.#stack.push(this.#recall(this.#uint8())),
    j: () => this.#stack.push(this.#recall(this.#uint32())),
    c: () => this.#stack.push(new Named(`${this.#line()} ${this.#line()}`)),
    '\x93': () => this.#stack.push(new Named(this.#popItems(2).map(requireText).join(' '))),
    R: () => this.#call(this.#popItems(2)),
    b: () => {
      const state = this.#pop();
      build(this.#top(), state);
    },
  };

  #newMap(): Map<Pickled, Pickled> {
    this.#maps++;
    if (this.#maps > maxMaps) {
      throw new Error(`it creates more than ${maxMaps} dictionaries`);
    }
    return new Map();
  }

  #call([called, values]: readonly Item[]): void {
    const item = call(called!, values!);
    if (item instanceof Uint8Array) {
      this.#createdBytes += item.length;
    }
    this.#stack.push(item);
  }

  #skip(length: number): number {
    const start = this.#at;
    if (start + length > this.#bytes.length) {
      throw new Error(`it ends after ${this.#bytes.length} bytes`);
    }
    this.#at += length;
    return start;
  }

  #take(length: number): Uint8Array {
    const start = this.#skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  #uint8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  #uint32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  #uint64(): number {
    return Number(this.#view.getBigUint64(this.#skip(8), true));
  }

  /** An integer of any length, two's complement, little-endian. */
  #long(length: number): number {
    const bytes = this.#take(length);
    const sum = bytes.reduceRight((value, byte) => value * 256 + byte, 0);
    return length > 0 && bytes[length - 1]! > 127 ? sum - 256 ** length : sum;
  }

  #text(length: number): string {
    return new TextDecoder().decode(this.#take(length));
  }

  #line(): string {
    const end = this.#bytes.indexOf(10, this.#at);
    const line = this.#text((end < 0 ? Infinity : end) - this.#at);
    this.#at++;
    return line;
  }

  #pop(): Exclude<Item, typeof mark> {
    const item = this.#stack.pop();
    if (item === undefined || item === mark) {
      throw new Error(`the stack is empty at byte ${this.#at - 1}`);
    }
    return item;
  }

  /** The top items of the stack, the uppermost last. */
  #popItems(count: number): Pickled[] {
    return Array.from({ length: count }, () => this.#pop() as Pickled).reverse();
  }

  #top(): Item {
    const item = this.#pop();
    this.#stack.push(item);
    return item;
  }

  #popToMark(): Pickled[] {
    const start = this.#stack.lastIndexOf(mark);
    if (start < 0) {
      throw new Error(`no mark before byte ${this.#at - 1}`);
    }
    const items = this.#stack.slice(start + 1) as Pickled[];
    this.#stack.length = start;
    return items;
  }

  #recall(index: number): Item {
    const item = this.#memo.get(index);
    if (item === undefined) {
      throw new Error(`memo ${index} is empty`);
    }
    return item;
  }

  #append(items: readonly Pickled[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) {
      throw new Error('it appends to something other than a list');
    }
    for (const item of items) {
      list.push(item);
    }
  }

  #setItems(items: readonly Pickled[]): void {
    const dictionary = this.#top();
    if (!(dictionary instanceof Map) || items.length % 2 === 1) {
      throw new Error('it sets keys in something other than a dictionary');
    }
    for (let index = 0; index < items.length; index += 2) {
      dictionary.set(dictionaryKey(items[index]!), items[index + 1]!);
    }
  }
}

/** An array in a pickle: NumPy's name of the element type, and the bytes, row-major. */
interface PickledArray {
  readonly type: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** The supported contents of a pickle; other objects are rejected. */
type Pickled =
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
class Named {
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

class ElementType {
  type: string;

  constructor(type: string) {
    this.type = type;
  }
}

type Item = Pickled | ElementType | typeof mark;
/** Marks the start of a list of unknown length on the stack. */
const mark: unique symbol = Symbol('mark');

/** Whether a pickled value is an array. */
export function isPickledArray(value: unknown): value is PickledArray {
  return value instanceof ArrayBuilder;
}

/** The key of a dictionary entry; Python 2 strings, which are bytes, become strings. */
function dictionaryKey(key: Pickled): Pickled {
  return key instanceof Uint8Array ? new TextDecoder('latin1').decode(key) : key;
}

function requireText(value: unknown): string {
  if (typeof value !== 'string') {
    throw new Error('a name is not a string');
  }
  return value;
}

/** Calls one of the functions that construct arrays; throws Error for any other. */
function call(target: unknown, values: unknown): Item {
  const name =
    target instanceof Named
      ? target.name.replace('numpy._core', 'numpy.core')
      : 'something other than a function';
  const parameters = Array.isArray(values) ? (values as unknown[]) : [];
  switch (name) {
    case 'numpy.core.multiarray _reconstruct':
      return new ArrayBuilder();
    case 'numpy dtype':
      return new ElementType(requireText(dictionaryKey(parameters[0] as Pickled)));
    case 'numpy.core.numeric _frombuffer': {
      const array = new ArrayBuilder();
      fill(array, parameters[2], parameters[1], parameters[3] !== 'C', parameters[0]);
      return array;
    }
    case 'numpy.core.multiarray scalar': // a label
      return null;
    case '_codecs encode': // how Python 3 writes bytes in protocol 2
      return Buffer.from(requireText(parameters[0]), 'latin1');
    default:
      throw new Error(`it calls ${name}`);
  }
}

/**
 * Sets the byte order of a type, the second of its state, or the content of an array: (version, shape, type, whether in
 * Fortran order, bytes).
 */
function build(target: unknown, state: unknown): void {
  if (target instanceof ElementType) {
    const [, order] = Array.isArray(state) ? (state as unknown[]) : [];
    if (typeof order !== 'string' || !/^[<>=|]$/.test(order) || /^[<>=|]/.test(target.type)) {
      throw new Error('a type with an unknown byte order');
    }
    target.type = order + target.type;
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
