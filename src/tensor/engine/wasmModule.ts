// Encodes WebAssembly modules: the part of the binary format needed for one function over arrays. For the
// numbers see the specification, https://webassembly.github.io/spec/core/binary/.

const valueTypes = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;

/** The type of a parameter or local variable. */
export type ValueType = keyof typeof valueTypes;

/** Those on v128 follow a prefix. */
const opcodes = {
  loop: [0x03],
  end: [0x0b],
  br_if: [0x0d],
  'local.get': [0x20],
  'local.set': [0x21],
  'i32.const': [0x41],
  'i32.lt_u': [0x49],
  'i32.add': [0x6a],
  'v128.load': [0xfd, 0x00],
  'v128.store': [0xfd, 0x0b],
  'f32x4.splat': [0xfd, 0x13],
  'f32x4.abs': [0xfd, 0xe0, 0x01],
  'f32x4.neg': [0xfd, 0xe1, 0x01],
  'f32x4.sqrt': [0xfd, 0xe3, 0x01],
  'f32x4.add': [0xfd, 0xe4, 0x01],
  'f32x4.sub': [0xfd, 0xe5, 0x01],
  'f32x4.mul': [0xfd, 0xe6, 0x01],
  'f32x4.div': [0xfd, 0xe7, 0x01],
  'f32x4.max': [0xfd, 0xe9, 0x01],
} as const;

/** The name of an instruction, as in the WebAssembly text format. */
export type Instruction = keyof typeof opcodes;

/** The type of a block that takes and leaves no value, for `loop`. */
export const EMPTY_BLOCK = 0x40;

/**
 * The bytes of an instruction.
 *
 * @param immediates its operands: the number of a local variable, an integer below 64, how many blocks a branch leaves, the
 * type of a block, or the alignment, as a power of two, and the offset of a memory access
 */
export function instruction(name: Instruction, ...immediates: readonly number[]): number[] {
  return [...opcodes[name], ...immediates.flatMap(unsigned)];
}

/** The instruction for the float32 nearest to a number. */
export function f32Constant(value: number): number[] {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [0x43, ...bytes];
}

/** A function without results. */
interface WasmFunction {
  /** The name under which it is exported. */
  readonly name: string;
  readonly parameters: readonly ValueType[];
  /** Its local variables, as a count for each type; they are numbered after the parameters. */
  readonly locals: readonly (readonly [count: number, type: ValueType])[];
  /** Its instructions, without the final `end`. */
  readonly body: readonly number[];
}

/** The module of one function on an imported memory. */
export function encodeModule(
  memory: { readonly module: string; readonly name: string },
  { name, parameters, locals, body }: WasmFunction,
): Uint8Array<ArrayBuffer> {
  const types = parameters.map((type) => [valueTypes[type]]);
  const variables = locals.map(([count, type]) => [...unsigned(count), valueTypes[type]]);
  const code = [...vector(variables), ...body, ...instruction('end')];
  return Uint8Array.from([
    ...[0x00, ...utf8('asm')],
    ...[1, 0, 0, 0],
    // Each section holds a list, here of one entry: the type of a function without results, a memory of at
    // least 0 pages, …
    ...section(1, [0x60, ...vector(types), ...vector([])]),
    ...section(2, [...text(memory.module), ...text(memory.name), 0x02, 0x00, ...unsigned(0)]),
    // … the function by its type, its export, and its code.
    ...section(3, unsigned(0)),
    ...section(7, [...text(name), 0x00, ...unsigned(0)]),
    ...section(10, [...unsigned(code.length), ...code]),
  ]);
}

function section(id: number, item: readonly number[]): number[] {
  const content = vector([item]);
  return [id, ...unsigned(content.length), ...content];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): number[] {
  const bytes = utf8(value);
  return [...unsigned(bytes.length), ...bytes];
}

function utf8(value: string): number[] {
  return [...new TextEncoder().encode(value)];
}

/** LEB128: seven bits per byte, lowest first; the highest bit says that more follow. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
