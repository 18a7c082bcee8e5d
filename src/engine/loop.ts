// A program of operations on single elements, compiled into one loop over arrays on the host: WebAssembly, four numbers
// at a time.
//
// ONNX Runtime passes over its arrays once for each operation, and its binding copies all that a run gives. A loop reads
// each number once and writes it once, where it was: for work on arrays as large as the weights that is most of the time.
// The arrays stand in memory that WebAssembly can reach; ONNX Runtime takes them from there like any others.
import { UserError } from '../errors.ts';
import { checkInputs, type ProgramDefinition, tensorsOf } from '../tensor/program.ts';
import { OPEN_BATCH, type Shape, sameShape, showShape } from '../tensor/shape.ts';
import { constantValue, type Tensor } from '../tensor/tensor.ts';

/** The instruction of each operation, for four numbers at once. */
const instructions: Readonly<Record<string, string>> = {
  abs: 'f32x4.abs',
  add: 'f32x4.add',
  divide: 'f32x4.div',
  maximum: 'f32x4.max',
  multiply: 'f32x4.mul',
  negate: 'f32x4.neg',
  sqrt: 'f32x4.sqrt',
  subtract: 'f32x4.sub',
};

/** The four numbers that an instruction works on, in bytes. */
const VECTOR_BYTES = 16;
/** Every vector starts at a line of the processor's cache. */
const LINE_BYTES = 64;
const PAGE_BYTES = 65536;

/** The pages that one memory can have, but for the last: the address behind it, 2³², does not fit into an i32. */
const MOST_PAGES = 65535;

/**
 * Compiles a program whose inputs are scalars and vectors of the open length, and whose outputs are such vectors, made
 * by operations on each element. It works in float32 and gives what ONNX Runtime gives, to the bit but for the sign of
 * a zero that a maximum gives.
 *
 * @param lengths how long the vectors of each set are: a run is of one set
 * @throws Error if it has a tensor of another shape, or an operation that no instruction does; UserError if there is no
 * memory or address space for it
 */
export async function compileLoop(
  definition: ProgramDefinition,
  lengths: Readonly<Record<string, number>>,
): Promise<Loop> {
  checkInputs(definition);
  const scalars = Object.keys(definition.inputs).filter((name) => definition.inputs[name]!.rank === 0);
  const vectors = Object.keys({ ...definition.inputs, ...definition.outputs }).filter(
    (name) => !scalars.includes(name),
  );
  const module = await WebAssembly.compile(await binaryOf(sourceOf(definition, scalars, vectors)));
  const sets = new Map<string, VectorSet>();
  for (const places of placesOf(lengths, vectors.length)) {
    const memory = memoryOf(places.at(-1)!.end);
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

type Tools = Awaited<ReturnType<typeof import('wabt')>>;

/** What makes modules of text: loaded when first needed, and once, for it takes memory of its own. */
let tools: Promise<Tools> | undefined;

/** A module from WebAssembly's text. */
async function binaryOf(source: string): Promise<BufferSource> {
  tools ??= import('wabt').then(({ default: load }) => load());
  const parsed = (await tools.catch(refuse)).parseWat('loop', source, { simd: true });
  try {
    return new Uint8Array(parsed.toBinary({}).buffer);
  } finally {
    parsed.destroy();
  }
}

function memoryOf(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (error) {
    return refuse(error);
  }
}

/** WebAssembly fails to reserve address space, long before memory is short, where a process may not have much of it. */
function refuse(cause: unknown): never {
  if (!/out of memory|could not allocate/i.test(String(cause))) {
    throw cause;
  }
  throw new UserError(
    'the update of the weights cannot have its memory: WebAssembly reserves 10 GiB of address space for each memory; ' +
      'raise the limit of the process (ulimit -v unlimited) or take a smaller model',
    { cause },
  );
}

/** Where the vectors of a set stand in a memory, one behind the other: from `begin` to before `end`, in bytes. */
interface Place {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

/**
 * Places for so many vectors of each set, in as many memories as it takes.
 *
 * @throws Error if a set does not fit into one
 */
export function placesOf(lengths: Readonly<Record<string, number>>, vectors: number): Place[][] {
  const memories: Place[][] = [];
  for (const [name, length] of Object.entries(lengths)) {
    const bytes = vectors * LINE_BYTES * Math.ceil((length * Float32Array.BYTES_PER_ELEMENT) / LINE_BYTES);
    if (bytes > MOST_PAGES * PAGE_BYTES) {
      throw new Error(`${vectors} arrays of ${length} numbers ('${name}') are more than a loop can hold`);
    }
    const begin = memories.at(-1)?.at(-1)?.end ?? 0;
    const fits = memories.length > 0 && begin + bytes <= MOST_PAGES * PAGE_BYTES;
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
export class Loop {
  private readonly scalars: readonly string[];
  private readonly sets: ReadonlyMap<string, VectorSet>;

  /** @internal Made by `compileLoop`. */
  constructor(scalars: readonly string[], sets: ReadonlyMap<string, VectorSet>) {
    this.scalars = scalars;
    this.sets = sets;
  }

  /** The vectors of a set, by the names of inputs and outputs: to be filled, and read after a run. */
  vectorsOf(set: string): Readonly<Record<string, Float32Array>> {
    return this.setOf(set).vectors;
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
    const value = constantValue(tensor);
    const operands = tensor.inputs.map((operand) => names.get(operand)!);
    names.set(tensor, value ? writer.number(value.data[0]!) : writer.apply(tensor.operation.name, operands));
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

/** A number in WebAssembly's text. */
function textOf(value: number): string {
  if (Number.isFinite(value)) {
    return Object.is(value, -0) ? '-0' : String(value);
  }
  return String(value).toLowerCase().replace('infinity', 'inf');
}

/** Writes the body of a loop in WebAssembly's text format; every value is a local of the function. */
class LoopWriter {
  private values = 0;
  private readonly once: string[] = [];
  private readonly body: string[] = [];

  /** The result of an operation on values. */
  apply(operation: string, inputs: readonly string[]): string {
    const instruction = instructions[operation];
    if (instruction === undefined) {
      throw new Error(`no loop can do the operation ${operation}`);
    }
    const operands = inputs.map((input) => `(local.get ${input})`).join(' ');
    return this.set(this.body, `(${instruction} ${operands})`);
  }

  /** A constant. */
  number(value: number): string {
    return this.before(`(f32x4.splat (f32.const ${textOf(value)}))`);
  }

  /** A value that is worked out before the loop. */
  before(expression: string): string {
    return this.set(this.once, expression);
  }

  /** The next four numbers of a vector. */
  load(vector: number): string {
    return this.set(this.body, `(v128.load (local.get $at${vector}))`);
  }

  /** Writes a vector's next four numbers: called last, when everything has been read. */
  store(vector: number, value: string): void {
    this.body.push(`(v128.store (local.get $at${vector}) (local.get ${value}))`);
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
      (place) => `(local.set ${place} (i32.add (local.get ${place}) (i32.const ${VECTOR_BYTES})))`,
    );
    return `(module
  (import "loop" "memory" (memory 0))
  (func (export "run") ${parameters.join(' ')}
    (local $end i32) ${locals.join(' ')}
    (local.set $end (i32.add (local.get $at0) (local.get $bytes)))
    ${this.once.join('\n    ')}
    (loop $next
      ${[...this.body, ...steps].join('\n      ')}
      (br_if $next (i32.lt_u (local.get $at0) (local.get $end))))))`;
  }

  private set(part: string[], expression: string): string {
    const name = `$value${this.values++}`;
    part.push(`(local.set ${name} ${expression})`);
    return name;
  }
}
