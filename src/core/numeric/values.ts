// The values of images: integers of 8 or 16 bits, or real numbers, each in its typed array.

/** The values of images, in the array that holds their kind of number. */
export type Values = Uint8Array | Uint16Array | Float32Array;

/** The kind of the values of images. */
export type ValueKind = 'uint8' | 'uint16' | 'float32';

/** The arrays, by kind, and what they hold. */
const kinds = {
  uint8: { create: (length: number) => new Uint8Array(length), bytes: 1, words: '8-bit integers' },
  uint16: { create: (length: number) => new Uint16Array(length), bytes: 2, words: '16-bit integers' },
  float32: {
    create: (length: number) => new Float32Array(length),
    bytes: 4,
    words: 'real numbers (float32)',
  },
} as const satisfies Record<ValueKind, object>;

/** Every kind, the narrowest first. */
export const valueKinds = Object.keys(kinds) as ValueKind[];

/** The kind of values in an array; undefined if images can't consist of them. */
export function valueKind(values: unknown): ValueKind | undefined {
  if (values instanceof Uint8Array) {
    return 'uint8';
  }
  if (values instanceof Uint16Array) {
    return 'uint16';
  }
  return values instanceof Float32Array ? 'float32' : undefined;
}

/** So many zeros. */
export function zeros(kind: ValueKind, length: number): Values {
  return kinds[kind].create(length);
}

/** The bytes of one value. */
export function bytesOfValue(kind: ValueKind): number {
  return kinds[kind].bytes;
}

/** A kind in words: `8-bit integers`. */
export function kindInWords(kind: ValueKind): string {
  return kinds[kind].words;
}

/** The bits of integers of a kind; undefined for real numbers. */
export function bitsOfKind(kind: ValueKind): number | undefined {
  return kind === 'float32' ? undefined : 8 * kinds[kind].bytes;
}

/** The bytes of values in memory order: little-endian on every host that has the runtime. */
export function bytesOfValues(values: Values): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** The values in these bytes: a view of them if their place in memory allows it, otherwise a copy. */
export function valuesInBytes(kind: ValueKind, bytes: Uint8Array): Values {
  const each = bytesOfValue(kind);
  const { buffer, byteOffset, length } = bytes.byteOffset % each === 0 ? bytes : copied(bytes);
  switch (kind) {
    case 'uint8':
      return new Uint8Array(buffer, byteOffset, length);
    case 'uint16':
      return new Uint16Array(buffer, byteOffset, length / each);
    case 'float32':
      return new Float32Array(buffer, byteOffset, length / each);
  }
}

/**
 * A copy of the first values, by default of all. Not by `slice`: a Buffer of Node, which is a Uint8Array too, returns a view
 * of its own memory.
 */
export function copied<Kind extends Values>(values: Kind, length: number = values.length): Kind {
  const out = zeros(valueKind(values)!, length);
  out.set(values.subarray(0, length));
  return out as Kind;
}

/**
 * Copies values into an array of the same kind.
 *
 * @throws TypeError if its kind differs: `set` would convert numbers silently
 */
export function copyInto(out: Values, values: Values, position = 0): void {
  if (valueKind(out) !== valueKind(values)) {
    throw new TypeError(`values of kind ${valueKind(values)} for an array of kind ${valueKind(out)}`);
  }
  out.set(values, position);
}

/** Integers of 16 bits in 8: v/257, rounded, so that black and white stay what they are. */
export function inEightBits(values: Uint16Array): Uint8Array {
  // A plain loop: Uint8Array.from with a function is several times slower.
  const out = new Uint8Array(values.length);
  for (let index = 0; index < out.length; index++) {
    out[index] = Math.round(values[index]! / 257);
  }
  return out;
}

/** Two arrays of the same kind, one after the other. */
export function concatenated(first: Values, second: Values): Values {
  const out = zeros(valueKind(first)!, first.length + second.length);
  copyInto(out, first);
  copyInto(out, second, first.length);
  return out;
}
