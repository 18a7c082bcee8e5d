// A program of elementwise operations, fused into one loop over arrays on the host: WebAssembly, four numbers
// at a time.
//
// ONNX Runtime passes over its arrays once per operation, and its binding copies every output of a run. A
// loop reads each number once and writes it once, in place: for arrays as large as the weights that is most
// of the time. The arrays are in memory that WebAssembly can reach; ONNX Runtime reads them from there like
// any others.
import { UserError } from '../../core/errors.ts';
import { requireMemory } from '../../core/platform/index.ts';
import {
  checkInputs,
  constantValue,
  listTensors,
  OPEN_BATCH,
  type ProgramDefinition,
  type Shape,
  sameShape,
  showShape,
  type Tensor,
} from '../tensor.ts';
import {
  EMPTY_BLOCK,
  encodeModule,
  f32Constant,
  type Instruction,
  instruction,
  type ValueType,
} from './wasmModule.ts';

/** The instruction for each operation, on four numbers at once. */
const instructions: Readonly<Record<string, Instruction>> = {
  abs: 'f32x4.abs',
  add: 'f32x4.add',
  divide: 'f32x4.div',
  maximum: 'f32x4.max',
  multiply: 'f32x4.mul',
  negate: 'f32x4.neg',
  sqrt: 'f32x4.sqrt',
  subtract: 'f32x4.sub',
};

/** The size in bytes of the four numbers that an instruction works on: 2⁴. */
const VECTOR_BYTES = 16;
const VECTOR_ALIGNMENT = 4;
/** Every vector starts at a cache line. */
const LINE_BYTES = 64;
const PAGE_BYTES = 65536;

/**
 * The maximum number of pages in a memory, less the last one: the address behind it, 2³², does not fit into
 * an i32.
 */
const MOST_PAGES = 65535;

/**
 * Compiles programs whose inputs are scalars and vectors of the open length, and whose outputs are such
 * vectors, computed by elementwise operations. They work in float32, and their results equal ONNX Runtime's
 * bit for bit, except for the sign of a zero from a maximum.
 *
 * @param definitions one program, or several on the same memory: vectors of the same name are the same
 * @param lengths the length of the vectors in each set: a run processes one set
 * @throws Error if it has a tensor of another shape, or an operation without an instruction; UserError if
 * there is not enough memory or address space for it
 */
export async function compileLoop(
  definitions: ProgramDefinition | readonly ProgramDefinition[],
  lengths: Readonly<Record<string, number>>,
): Promise<Loop> {
  const programs = [definitions].flat();
  programs.forEach(checkInputs);
  const inputs = Object.assign({}, ...programs.map((program) => program.inputs));
  const outputs = Object.assign({}, ...programs.map((program) => program.outputs));
  const scalars = Object.keys(inputs).filter((name) => inputs[name]!.rank === 0);
  const vectors = Object.keys({ ...inputs, ...outputs }).filter((name) => !scalars.includes(name));
  const modules = await Promise.all(
    programs.map((program) => WebAssembly.compile(assembleModule(program, scalars, vectors))),
  );
  const sets = new Map<string, VectorSet>();
  const memories = allocatePlaces(lengths, vectors.length);
  const bytes = memories.reduce((total, places) => total + places.at(-1)!.end, 0);
  requireMemory("the weights and the optimiser's arrays", bytes, 'use a smaller model');
  const wholes: Record<string, Float32Array>[] = [];
  for (const places of memories) {
    const { end } = places.at(-1)!;
    const memory = allocateMemory(end);
    const instances = await Promise.all(
      modules.map((module) => WebAssembly.instantiate(module, { loop: { memory } })),
    );
    // Vector by vector, each of all sets: what is done to one vector of all sets is done in one piece.
    const stride = end / vectors.length;
    const arraysAt = (offset: number, length: number): Record<string, Float32Array> =>
      Object.fromEntries(
        vectors.map((vector, index) => [
          vector,
          new Float32Array(memory.buffer, index * stride + offset, length),
        ]),
      );
    wholes.push(arraysAt(0, stride / Float32Array.BYTES_PER_ELEMENT));
    for (const { name, begin } of places) {
      const offset = begin / vectors.length;
      sets.set(name, {
        starts: vectors.map((_, index) => index * stride + offset),
        bytes: lengths[name]! * Float32Array.BYTES_PER_ELEMENT,
        vectors: arraysAt(offset, lengths[name]!),
        runs: instances.map(({ exports }) => exports.run as VectorSet['runs'][number]),
      });
    }
  }
  return new Loop(scalars, sets, wholes);
}

/** Where a process has limited address space, WebAssembly fails to reserve it long before memory runs out. */
function allocateMemory(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (cause) {
    if (!/out of memory|could not allocate/i.test(String(cause))) {
      throw cause;
    }
    throw new UserError(
      'out-of-memory',
      'cannot allocate memory for the weight update: WebAssembly reserves 10 GiB of address space per memory; ' +
        'raise the limit of the process (ulimit -v unlimited) or use a smaller model',
      { cause },
    );
  }
}

/** The place of a set's vectors in a memory, as if they were one after the other: bytes `begin` to `end` (exclusive). */
interface Place {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

/**
 * Places for the given number of vectors of each set, in as many memories as needed.
 *
 * @throws Error if a set does not fit into one memory
 */
export function allocatePlaces(lengths: Readonly<Record<string, number>>, vectors: number): Place[][] {
  const memories: Place[][] = [];
  for (const [name, length] of Object.entries(lengths)) {
    const bytes = vectors * LINE_BYTES * Math.ceil((length * Float32Array.BYTES_PER_ELEMENT) / LINE_BYTES);
    if (bytes > MOST_PAGES * PAGE_BYTES) {
      throw new Error(`${vectors} arrays of ${length} numbers ('${name}') are more than a loop can hold`);
    }
    const begin = memories.at(-1)?.at(-1)?.end ?? 0;
    const fits = memories.length > 0 && begin + bytes <= MOST_PAGES * PAGE_BYTES;
    const location = fits ? { name, begin, end: begin + bytes } : { name, begin: 0, end: bytes };
    if (fits) {
      memories.at(-1)!.push(location);
    } else {
      memories.push([location]);
    }
  }
  return memories;
}

/** Vectors that are processed together. */
interface VectorSet {
  /** Where each vector starts in their memory, in bytes, and how many bytes each has. */
  readonly starts: readonly number[];
  readonly bytes: number;
  readonly vectors: Readonly<Record<string, Float32Array>>;
  /** For each program: takes the start addresses, the number of bytes and the scalars. */
  readonly runs: readonly ((...values: number[]) => void)[];
}

/** Compiled loops and the memory that they work on. */
export class Loop {
  private readonly scalars: readonly string[];
  private readonly sets: ReadonlyMap<string, VectorSet>;
  private readonly wholes: readonly Readonly<Record<string, Float32Array>>[];

  /** @internal Made by `compileLoop`. */
  constructor(
    scalars: readonly string[],
    sets: ReadonlyMap<string, VectorSet>,
    wholes: readonly Readonly<Record<string, Float32Array>>[],
  ) {
    this.scalars = scalars;
    this.sets = sets;
    this.wholes = wholes;
  }

  /** The vectors of a set, by the names of inputs and outputs: fill them before a run, read them after it. */
  setVectors(set: string): Readonly<Record<string, Float32Array>> {
    return this.findSet(set).vectors;
  }

  /** A vector of all sets, with zeros between them: one array for each memory, usually one. */
  vectorMemories(vector: string): Float32Array[] {
    return this.wholes.map((vectors) => vectors[vector]!);
  }

  /**
   * Runs a loop on a set: its outputs are written in place, over the inputs of the same names.
   *
   * @param program which of several, from 0
   * @throws Error if a scalar is missing
   */
  run(set: string, scalars: Readonly<Record<string, number>>, program = 0): void {
    const { starts, bytes, runs } = this.findSet(set);
    const values = this.scalars.map((name) => {
      const value = scalars[name];
      if (value === undefined) {
        throw new Error(`the loop's scalar '${name}' is missing`);
      }
      return value;
    });
    if (bytes > 0) {
      runs[program]!(...starts, bytes, ...values);
    }
  }

  private findSet(name: string): VectorSet {
    const set = this.sets.get(name);
    if (!set) {
      throw new Error(`the loop has no set of vectors '${name}'`);
    }
    return set;
  }
}

/** The module that computes a definition. */
function assembleModule(
  definition: ProgramDefinition,
  scalars: readonly string[],
  vectors: readonly string[],
): Uint8Array<ArrayBuffer> {
  const { inputs, outputs } = definition;
  const writer = new LoopWriter(vectors.length, scalars.length);
  const places = new Map<Tensor, number>();
  for (const [name, tensor] of Object.entries(inputs)) {
    requireShape(name, tensor, [[], [OPEN_BATCH]]);
    const value = scalars.includes(name)
      ? writer.splat(scalars.indexOf(name))
      : writer.load(vectors.indexOf(name));
    places.set(tensor, value);
  }
  for (const tensor of listTensors(definition)) {
    if (places.has(tensor)) {
      continue;
    }
    requireShape(tensor.operation.name, tensor, [[], [OPEN_BATCH]]);
    const constant = constantValue(tensor);
    const operands = tensor.inputs.map((operand) => places.get(operand)!);
    places.set(
      tensor,
      constant ? writer.constant(constant.data[0]!) : writer.apply(tensor.operation.name, operands),
    );
  }
  for (const [name, tensor] of Object.entries(outputs)) {
    requireShape(name, tensor, [[OPEN_BATCH]]);
    writer.store(vectors.indexOf(name), places.get(tensor)!);
  }
  return writer.module();
}

function requireShape(name: string, { shape }: Tensor, allowed: readonly Shape[]): void {
  if (!allowed.some((candidate) => sameShape(candidate, shape))) {
    throw new Error(`'${name}' has shape ${showShape(shape)}, which a loop does not support`);
  }
}

/**
 * Emits the instructions of a loop; every value is a local variable of the function, identified by its
 * number. The parameters come first: where each vector starts, how many bytes a vector has, and the scalars.
 */
class LoopWriter {
  private readonly vectors: number;
  private readonly scalars: number;
  private values = 0;
  private readonly once: number[] = [];
  private readonly body: number[] = [];

  constructor(vectors: number, scalars: number) {
    this.vectors = vectors;
    this.scalars = scalars;
  }

  /** The result of an operation. */
  apply(operation: string, operands: readonly number[]): number {
    const name = instructions[operation];
    if (name === undefined) {
      throw new Error(`a loop does not support the operation ${operation}`);
    }
    return this.set(this.body, [...operands.flatMap((operand) => get(operand)), ...instruction(name)]);
  }

  /** A constant, in all four lanes. */
  constant(value: number): number {
    return this.set(this.once, [...f32Constant(value), ...instruction('f32x4.splat')]);
  }

  /** A scalar, in all four lanes. */
  splat(scalar: number): number {
    return this.set(this.once, [...get(this.vectors + 1 + scalar), ...instruction('f32x4.splat')]);
  }

  /** The next four numbers of a vector. */
  load(vector: number): number {
    return this.set(this.body, [...get(vector), ...instruction('v128.load', VECTOR_ALIGNMENT, 0)]);
  }

  /** Writes a vector's next four numbers: called last, after everything has been read. */
  store(vector: number, value: number): void {
    this.body.push(...get(vector), ...get(value), ...instruction('v128.store', VECTOR_ALIGNMENT, 0));
  }

  /** The whole module. */
  module(): Uint8Array<ArrayBuffer> {
    const [first, bytes, end] = [0, this.vectors, this.end];
    const steps = Array.from({ length: this.vectors }, (_, index) => [
      ...get(index),
      ...instruction('i32.const', VECTOR_BYTES),
      ...instruction('i32.add'),
      ...set(index),
    ]);
    return encodeModule(
      { module: 'loop', name: 'memory' },
      {
        name: 'run',
        parameters: [
          ...new Array<ValueType>(this.vectors + 1).fill('i32'),
          ...new Array<ValueType>(this.scalars).fill('f32'),
        ],
        locals: [
          [1, 'i32'],
          [this.values, 'v128'],
        ],
        body: [
          ...[...get(first), ...get(bytes), ...instruction('i32.add'), ...set(end)],
          ...this.once,
          ...instruction('loop', EMPTY_BLOCK),
          ...this.body,
          ...steps.flat(),
          ...[...get(first), ...get(end), ...instruction('i32.lt_u'), ...instruction('br_if', 0)],
          ...instruction('end'),
        ],
      },
    );
  }

  /** The variable that holds the end of the first vector. */
  private get end(): number {
    return this.vectors + 1 + this.scalars;
  }

  private set(part: number[], expression: readonly number[]): number {
    const local = this.end + 1 + this.values++;
    part.push(...expression, ...set(local));
    return local;
  }
}

function get(local: number): number[] {
  return instruction('local.get', local);
}

function set(local: number): number[] {
  return instruction('local.set', local);
}
