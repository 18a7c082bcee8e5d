// A program of operations on single elements, compiled into one loop over arrays on the host: WebAssembly, four numbers
// at a time.
//
// ONNX Runtime passes over its arrays once for each operation, and its binding copies all that a run gives. A loop reads
// each number once and writes it once, where it was: for work on arrays as large as the weights that is most of the time.
import type { NdArray } from '../numeric/ndarray.ts';
import type { Emitter } from '../tensor/emitter.ts';
import { checkInputs, type ProgramDefinition, tensorsOf } from '../tensor/program.ts';
import { OPEN_BATCH, type Shape, sameShape, showShape } from '../tensor/shape.ts';
import { isInput, type Tensor } from '../tensor/tensor.ts';
import type { NamedArrays } from './program.ts';

/** The instruction of each ONNX operator, for four numbers at once. */
const instructions: Readonly<Record<string, string>> = {
  Abs: 'f32x4.abs',
  Add: 'f32x4.add',
  Div: 'f32x4.div',
  Max: 'f32x4.max',
  Min: 'f32x4.min',
  Mul: 'f32x4.mul',
  Neg: 'f32x4.neg',
  Sqrt: 'f32x4.sqrt',
  Sub: 'f32x4.sub',
};

/** So many numbers of each array are worked on at a time: those of a dozen arrays stay in a processor's cache. */
const STRETCH = 8192;
const BYTES = Float32Array.BYTES_PER_ELEMENT;
/** The bytes that an instruction works on, and those of a page of WebAssembly's memory. */
const LANES = 16;
const PAGE = 65536;

/**
 * Compiles a program whose inputs are scalars and vectors of the open length, and whose outputs are such vectors, made
 * by operations on each element. It works in float32 and gives what ONNX Runtime gives, to the bit.
 *
 * @throws Error if it has a tensor of another shape, or an operation that no instruction does
 */
export async function compileLoop(definition: ProgramDefinition): Promise<Loop> {
  checkInputs(definition);
  const scalars = Object.keys(definition.inputs).filter((name) => definition.inputs[name]!.rank === 0);
  const vectors = Object.keys({ ...definition.inputs, ...definition.outputs }).filter(
    (name) => !scalars.includes(name),
  );
  const source = sourceOf(definition, scalars, vectors);
  const { default: loadTools } = await import('wabt');
  const parsed = (await loadTools()).parseWat('loop', source, { simd: true });
  const { buffer } = parsed.toBinary({});
  parsed.destroy();
  const module = await WebAssembly.compile(new Uint8Array(buffer));
  const { exports } = await WebAssembly.instantiate(module);
  return new Loop(definition, scalars, vectors, exports as unknown as LoopExports);
}

/** What the compiled module has. */
interface LoopExports {
  readonly memory: WebAssembly.Memory;
  /** Works on so many bytes of the stretches of all vectors, and takes the scalars. */
  run(bytes: number, ...scalars: number[]): void;
}

/** A loop ready to run. */
export class Loop {
  private readonly definition: ProgramDefinition;
  private readonly scalars: readonly string[];
  private readonly exports: LoopExports;
  /** Where the module has the stretch of each vector. */
  private readonly stretches: Readonly<Record<string, Float32Array>>;

  /** @internal Made by `compileLoop`. */
  constructor(
    definition: ProgramDefinition,
    scalars: readonly string[],
    vectors: readonly string[],
    exports: LoopExports,
  ) {
    this.definition = definition;
    this.scalars = scalars;
    this.exports = exports;
    this.stretches = Object.fromEntries(
      vectors.map((name, slot) => [
        name,
        new Float32Array(exports.memory.buffer, slot * STRETCH * BYTES, STRETCH),
      ]),
    );
  }

  /**
   * Runs the loop on arrays of one length, of any shape, and writes every output to the array of its name in `into`,
   * which may be an input's own.
   *
   * @throws Error if an array is missing, is not of float32 or has another length than the others
   */
  run(feeds: NamedArrays, into: NamedArrays): void {
    const scalars = this.scalars.map((name) => given(feeds, name).data[0]!);
    const read = Object.keys(this.definition.inputs).filter((name) => !this.scalars.includes(name));
    const written = Object.keys(this.definition.outputs);
    const sources = read.map((name) => vectorOf(feeds, name));
    const targets = written.map((name) => vectorOf(into, name));
    const length = (sources[0] ?? targets[0])?.length ?? 0;
    if ([...sources, ...targets].some((vector) => vector.length !== length)) {
      throw new Error('the arrays of a loop must have the same length');
    }
    for (let begin = 0; begin < length; begin += STRETCH) {
      const end = Math.min(length, begin + STRETCH);
      sources.forEach((source, index) => {
        this.stretches[read[index]!]!.set(source.subarray(begin, end));
      });
      this.exports.run((end - begin) * BYTES, ...scalars);
      targets.forEach((target, index) => {
        target.set(this.stretches[written[index]!]!.subarray(0, end - begin), begin);
      });
    }
  }
}

function given(arrays: NamedArrays, name: string): NdArray {
  const array = arrays[name];
  if (!array) {
    throw new Error(`the loop's array '${name}' was not given`);
  }
  return array;
}

function vectorOf(arrays: NamedArrays, name: string): Float32Array {
  const { data } = given(arrays, name);
  if (!(data instanceof Float32Array)) {
    throw new Error(`the loop's array '${name}' must be of float32`);
  }
  return data;
}

/** The text of the module: the stretches of the vectors stand one behind another in its memory. */
function sourceOf(
  definition: ProgramDefinition,
  scalars: readonly string[],
  vectors: readonly string[],
): string {
  const { inputs, outputs } = definition;
  const writer = new LoopWriter();
  const names = new Map<Tensor, string>();
  for (const [name, tensor] of Object.entries(inputs)) {
    requireShape(name, tensor, [[], [OPEN_BATCH]]);
    const value = scalars.includes(name)
      ? writer.before(`(f32x4.splat (local.get $scalar${scalars.indexOf(name)}))`)
      : writer.load(vectors.indexOf(name));
    names.set(tensor, value);
  }
  for (const tensor of tensorsOf(definition)) {
    if (names.has(tensor)) {
      continue;
    }
    requireShape(tensor.operation.name, tensor, [[], [OPEN_BATCH]]);
    if (isInput(tensor) || !tensor.operation.lower) {
      throw new Error(`no loop can do the operation ${tensor.operation.name}`);
    }
    const operands = tensor.inputs.map((operand) => names.get(operand)!);
    names.set(tensor, tensor.operation.lower(writer, tensor, operands));
  }
  for (const [name, tensor] of Object.entries(outputs)) {
    requireShape(name, tensor, [[OPEN_BATCH]]);
    writer.store(vectors.indexOf(name), names.get(tensor)!);
  }
  return writer.module(scalars.length, vectors.length);
}

function requireShape(name: string, { shape }: Tensor, allowed: readonly Shape[]): void {
  if (!allowed.some((candidate) => sameShape(candidate, shape))) {
    throw new Error(`'${name}' has the shape ${showShape(shape)}: no loop can work on it`);
  }
}

/** Writes the body of a loop in WebAssembly's text format; every value is a local of the function. */
class LoopWriter implements Emitter {
  readonly precision = 'float32';
  readonly waits = false;
  private values = 0;
  private readonly once: string[] = [];
  private readonly body: string[] = [];
  private readonly ends: string[] = [];

  node(type: string, inputs: readonly string[]): string {
    const instruction = instructions[type];
    if (instruction === undefined) {
      throw new Error(`no loop can do the operator ${type}`);
    }
    const operands = inputs.map((input) => `(local.get ${input})`).join(' ');
    return this.set(this.body, `(${instruction} ${operands})`);
  }

  reals(values: Float32Array | Float64Array): string {
    return this.before(`(f32x4.splat (f32.const ${Math.fround(values[0]!)}))`);
  }

  integers(): string {
    throw new Error('no loop can work on integers');
  }

  indices(): string {
    return this.integers();
  }

  repeat(): string {
    throw new Error('no loop can repeat an operation');
  }

  /** A value that is worked out before the loop. */
  before(expression: string): string {
    return this.set(this.once, expression);
  }

  /** The next four numbers of a vector. */
  load(slot: number): string {
    return this.set(this.body, `(v128.load offset=${slot * STRETCH * BYTES} (local.get $at))`);
  }

  /** Writes a vector's next four numbers, after everything has been read. */
  store(slot: number, value: string): void {
    this.ends.push(`(v128.store offset=${slot * STRETCH * BYTES} (local.get $at) (local.get ${value}))`);
  }

  /** The whole module. */
  module(scalars: number, vectors: number): string {
    const parameters = Array.from({ length: scalars }, (_, index) => `(param $scalar${index} f32)`);
    const locals = Array.from({ length: this.values }, (_, index) => `(local $value${index} v128)`);
    return `(module
  (memory (export "memory") ${Math.ceil((vectors * STRETCH * BYTES) / PAGE)})
  (func (export "run") (param $bytes i32) ${parameters.join(' ')}
    (local $at i32) ${locals.join(' ')}
    ${this.once.join('\n    ')}
    (loop $next
      ${[...this.body, ...this.ends].join('\n      ')}
      (local.set $at (i32.add (local.get $at) (i32.const ${LANES})))
      (br_if $next (i32.lt_u (local.get $at) (local.get $bytes))))))`;
  }

  private set(part: string[], expression: string): string {
    const name = `$value${this.values++}`;
    part.push(`(local.set ${name} ${expression})`);
    return name;
  }
}
