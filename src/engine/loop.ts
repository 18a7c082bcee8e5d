// A program of operations on single elements, compiled into one loop over arrays on the host: WebAssembly, four numbers
// at a time.
//
// ONNX Runtime passes over its arrays once for each operation, and its binding copies all that a run gives. A loop reads
// each number once and writes it once, where it was: for work on arrays as large as the weights that is most of the time.
// The arrays stand in memory that WebAssembly can reach; ONNX Runtime takes them from there like any others.
import type { Emitter } from '../tensor/emitter.ts';
import { checkInputs, type ProgramDefinition, tensorsOf } from '../tensor/program.ts';
import { OPEN_BATCH, type Shape, sameShape, showShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';

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

/** The bytes of the numbers that an instruction works on, of a line of a processor's cache, and of a page of memory. */
const LANES = 16;
const LINE = 64;
const PAGE = 65536;

/** What one memory of WebAssembly can hold, but for its last page: the end of all of it is no address. */
const MOST_PAGES = 65535;

/**
 * Compiles a program whose inputs are scalars and vectors of the open length, and whose outputs are such vectors, made
 * by operations on each element. It works in float32 and gives what ONNX Runtime gives, to the bit.
 *
 * @param lengths how long the vectors of each set are: a run is of one set
 * @throws Error if it has a tensor of another shape, or an operation that no instruction does
 */
export async function compileLoop<Vector extends string>(
  definition: ProgramDefinition,
  lengths: Readonly<Record<string, number>>,
): Promise<Loop<Vector>> {
  checkInputs(definition);
  const scalars = Object.keys(definition.inputs).filter((name) => definition.inputs[name]!.rank === 0);
  const vectors = Object.keys({ ...definition.inputs, ...definition.outputs }).filter(
    (name) => !scalars.includes(name),
  );
  const { default: loadTools } = await import('wabt');
  const parsed = (await loadTools()).parseWat('loop', sourceOf(definition, scalars, vectors), { simd: true });
  const module = await WebAssembly.compile(new Uint8Array(parsed.toBinary({}).buffer));
  parsed.destroy();
  const sets = new Map<string, VectorSet>();
  for (const places of placesOf(lengths, vectors.length)) {
    const pages = Math.ceil(places.at(-1)!.end / PAGE);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { exports } = await WebAssembly.instantiate(module, { loop: { memory } });
    for (const { name, begin, end } of places) {
      const stride = (end - begin) / vectors.length;
      const starts = vectors.map((_, index) => begin + index * stride);
      const arrays = vectors.map((vector, index) => [
        vector,
        new Float32Array(memory.buffer, starts[index]!, lengths[name]!),
      ]);
      sets.set(name, {
        starts,
        bytes: lengths[name]! * Float32Array.BYTES_PER_ELEMENT,
        vectors: Object.fromEntries(arrays),
        run: exports.run as VectorSet['run'],
      });
    }
  }
  return new Loop(scalars, sets);
}

/** Where the vectors of a set stand in a memory, one behind the other: from `begin` to before `end`, in bytes. */
interface Place {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

/** Places for so many vectors of each set, in as many memories as it takes. */
export function placesOf(lengths: Readonly<Record<string, number>>, vectors: number): Place[][] {
  const memories: Place[][] = [];
  for (const [name, length] of Object.entries(lengths)) {
    const bytes = vectors * LINE * Math.ceil((length * Float32Array.BYTES_PER_ELEMENT) / LINE);
    const begin = memories.at(-1)?.at(-1)?.end ?? 0;
    const fits = memories.length > 0 && begin + bytes <= MOST_PAGES * PAGE;
    const place = fits ? { name, begin, end: begin + bytes } : { name, begin: 0, end: bytes };
    if (fits) {
      memories.at(-1)!.push(place);
    } else {
      memories.push([place]);
    }
  }
  return memories;
}

/** Vectors that are worked on together. */
interface VectorSet {
  /** The bytes at which they start in their memory, and how many each has. */
  readonly starts: readonly number[];
  readonly bytes: number;
  readonly vectors: Readonly<Record<string, Float32Array>>;
  /** Takes the starts, the number of bytes and the scalars. */
  run(...values: number[]): void;
}

/** A loop ready to run, and the memory that it works on. */
export class Loop<Vector extends string = string> {
  private readonly scalars: readonly string[];
  private readonly sets: ReadonlyMap<string, VectorSet>;

  /** @internal Made by `compileLoop`. */
  constructor(scalars: readonly string[], sets: ReadonlyMap<string, VectorSet>) {
    this.scalars = scalars;
    this.sets = sets;
  }

  /** The vectors of a set, by the names of inputs and outputs: to be filled, and read after a run. */
  vectorsOf(set: string): Readonly<Record<Vector, Float32Array>> {
    return this.setOf(set).vectors as Readonly<Record<Vector, Float32Array>>;
  }

  /**
   * Runs the loop on a set: its outputs are written where they stand, over the inputs of the same names.
   *
   * @throws Error if a scalar is missing
   */
  run(set: string, scalars: Readonly<Record<string, number>>): void {
    const { starts, bytes, run } = this.setOf(set);
    const values = this.scalars.map((name) => {
      const value = scalars[name];
      if (value === undefined) {
        throw new Error(`the loop's scalar '${name}' was not given`);
      }
      return value;
    });
    if (bytes > 0) {
      run(...starts, bytes, ...values);
    }
  }

  private setOf(name: string): VectorSet {
    const set = this.sets.get(name);
    if (!set) {
      throw new Error(`the loop has no set '${name}' of vectors`);
    }
    return set;
  }
}

/** The text of the module. */
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
    if (!tensor.operation.lower) {
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
  load(vector: number): string {
    return this.set(this.body, `(v128.load (local.get $at${vector}))`);
  }

  /** Writes a vector's next four numbers, after everything has been read. */
  store(vector: number, value: string): void {
    this.ends.push(`(v128.store (local.get $at${vector}) (local.get ${value}))`);
  }

  /** The whole module. */
  module(scalars: number, vectors: number): string {
    const places = Array.from({ length: vectors }, (_, index) => `$at${index}`);
    const parameters = [
      ...places.map((place) => `(param ${place} i32)`),
      '(param $bytes i32)',
      ...Array.from({ length: scalars }, (_, index) => `(param $scalar${index} f32)`),
    ];
    const locals = Array.from({ length: this.values }, (_, index) => `(local $value${index} v128)`);
    const steps = places.map(
      (place) => `(local.set ${place} (i32.add (local.get ${place}) (i32.const ${LANES})))`,
    );
    return `(module
  (import "loop" "memory" (memory 0))
  (func (export "run") ${parameters.join(' ')}
    (local $end i32) ${locals.join(' ')}
    (local.set $end (i32.add (local.get $at0) (local.get $bytes)))
    ${this.once.join('\n    ')}
    (loop $next
      ${[...this.body, ...this.ends, ...steps].join('\n      ')}
      (br_if $next (i32.lt_u (local.get $at0) (local.get $end))))))`;
  }

  private set(part: string[], expression: string): string {
    const name = `$value${this.values++}`;
    part.push(`(local.set ${name} ${expression})`);
    return name;
  }
}
