// A compiled program: sessions of ONNX Runtime, and host computations between them.
import { type NdArray, sizeOf } from '../numeric/ndarray.ts';
import { requireWhole } from '../numeric/optionValues.ts';
import { viewSource } from '../tensor/operations/layout.ts';
import { checkInputs, constantFrontier, type ProgramDefinition } from '../tensor/program.ts';
import { elementCount, type Shape, showShape } from '../tensor/shape.ts';
import { constantValue, type Tensor } from '../tensor/tensor.ts';
import { topologicalOrder } from '../tensor/traversal.ts';
import { type Device, styleOf } from './devices/device.ts';
import { type InverseMethod, prepare } from './graph/prepare.ts';
import { hostedValue, isHosted } from './hosted.ts';
import type { Precision } from './onnx/emitter.ts';
import { lower } from './onnx/lower.ts';
import { createSession } from './runtime.node.ts';
import type { Session } from './session.ts';

/** How a program is compiled. */
export interface CompileOptions {
  /** Default: float32. */
  precision?: Precision;
  /** Default: cpu. */
  device?: Device;
  /** Threads that share each operation; by default one per core. */
  threads?: number;
  /**
   * Whether operations that the device does not support may run on the CPU; default true. With false, such a
   * program is refused.
   */
  fallback?: boolean;
  /** How corner convolutions, the halves of emerging ones, are inverted; default wavefront. */
  inverse?: InverseMethod;
  /**
   * Whether the program is a part of a computation through which gradients flow elsewhere, and must match it
   * bit for bit; default false.
   */
  differentiated?: boolean;
  /** The path prefix of a file to which the time of every node is written on release; none by default. */
  profile?: string;
}

/** Arrays by name. */
export type NamedArrays = Readonly<Record<string, NdArray>>;

/**
 * Compiles a program for a device: its graph is prepared in the style that the device prefers, what depends
 * on constants alone is folded now, in float64, and the rest becomes an ONNX session. Build a program once
 * and keep it: sessions are slow to create.
 */
export async function compile(definition: ProgramDefinition, options: CompileOptions = {}): Promise<Program> {
  return compilePrepared(prepare(definition, options), options);
}

/** Compiles a program whose graph is already prepared for the device. */
export async function compilePrepared(
  definition: ProgramDefinition,
  options: CompileOptions = {},
): Promise<Program> {
  requireThreads(options);
  return build(definition, await freeze(definition, options.threads), options);
}

/** Checks the number of threads; throws UserError (`invalid-argument`) if it is none. */
export function requireThreads({ threads }: Pick<CompileOptions, 'threads'>): void {
  if (threads !== undefined) {
    requireWhole('threads', threads, 1);
  }
}

/**
 * The values, in float64, of all tensors of a prepared program that depend on constants alone and are used by
 * others.
 */
export async function freeze(definition: ProgramDefinition, threads?: number): Promise<Map<Tensor, NdArray>> {
  checkInputs(definition);
  const frontier = constantFrontier(definition);
  const values = frontier.length > 0 ? await valuesOf(frontier, threads) : [];
  return new Map(frontier.map((tensor, index) => [tensor, values[index]!]));
}

/** The values, in float64, of tensors that depend on constants alone. */
export async function evaluate(tensors: readonly Tensor[], threads?: number): Promise<NdArray[]> {
  const outputs = Object.fromEntries(tensors.map((tensor, index) => [String(index), tensor]));
  const prepared = prepare({ inputs: {}, outputs });
  return valuesOf(
    tensors.map((_, index) => prepared.outputs[index]!),
    threads,
  );
}

async function valuesOf(tensors: readonly Tensor[], threads?: number): Promise<NdArray[]> {
  const outputs = Object.fromEntries(tensors.map((tensor, index) => [`value${index}`, tensor]));
  const options: CompileOptions = { precision: 'float64', ...(threads && { threads }) };
  const program = await build({ inputs: {}, outputs }, new Map(), options);
  const values = await program.run({});
  await program.release();
  return tensors.map((_, index) => values[`value${index}`]!);
}

/** A tensor that the host computes before the session runs, and where its operands come from. */
interface HostNode {
  name: string;
  tensor: Tensor;
  operands: Operand[];
}

/** A constant, or a range of an array by name: an input of the session or an output of the prelude. */
type Operand = NdArray | { name: string; start: number; shape: Shape };

async function build(
  definition: ProgramDefinition,
  known: ReadonlyMap<Tensor, NdArray>,
  options: CompileOptions,
): Promise<Program> {
  const { precision = 'float32', device = 'cpu', threads, fallback = true, profile } = options;
  const outputs = Object.values(definition.outputs);
  // Whatever only a hosted tensor needs is left to the prelude.
  const names = new Map(Object.entries(definition.inputs).map(([name, tensor]) => [tensor, name]));
  const isAtHand = (node: Tensor): boolean => names.has(node) || known.has(node);
  const order = topologicalOrder(outputs, (node) => isAtHand(node) || isHosted(node));
  const hosted = order.filter((node) => isHosted(node) && !isAtHand(node));
  const before: Record<string, Tensor> = {};
  const operandOf = (tensor: Tensor): Operand => {
    const fixed = known.get(tensor) ?? constantValue(tensor);
    if (fixed) {
      return fixed;
    }
    let source = tensor;
    let start = 0;
    for (let view = viewSource(source); view && !names.has(source); view = viewSource(source)) {
      source = view.source;
      start += view.start;
    }
    const name = names.get(source);
    if (name !== undefined) {
      return { name: feedName(name), start, shape: tensor.shape };
    }
    const computed = `operand${Object.keys(before).length}`;
    before[computed] = tensor;
    return { name: computed, start: 0, shape: tensor.shape };
  };
  const hostNodes = hosted.map((tensor, index) => ({
    name: `host${index}`,
    tensor,
    operands: tensor.inputs.map(operandOf),
  }));
  const prelude =
    Object.keys(before).length > 0
      ? await build({ inputs: definition.inputs, outputs: before }, known, options)
      : undefined;
  const inputs = Object.fromEntries([
    ...Object.entries(definition.inputs).map(([name, tensor]) => [feedName(name), tensor]),
    ...hostNodes.map(({ name, tensor }) => [name, tensor]),
  ]);
  const named = Object.entries(definition.outputs).map(([name, tensor]) => [fetchName(name), tensor]);
  const model = lower({
    inputs,
    outputs: Object.fromEntries(named),
    known,
    precision,
    style: styleOf(device),
  });
  const session = await createSession(model, { device, threads, fallback, profile });
  return new Program(definition, precision, session, hostNodes, prelude, profile !== undefined);
}

/** A program ready to run. */
export class Program {
  /** The inputs that `run` takes. */
  readonly inputs: ProgramDefinition['inputs'];
  /** The outputs that `run` returns. */
  readonly outputs: ProgramDefinition['outputs'];
  private readonly precision: Precision;
  private readonly session: Session;
  private readonly hostNodes: readonly HostNode[];
  private readonly prelude: Program | undefined;
  private readonly isProfiled: boolean;

  /** @internal Made by `compile`. */
  constructor(
    definition: ProgramDefinition,
    precision: Precision,
    session: Session,
    hostNodes: readonly HostNode[],
    prelude: Program | undefined,
    isProfiled: boolean,
  ) {
    this.inputs = definition.inputs;
    this.outputs = definition.outputs;
    this.precision = precision;
    this.session = session;
    this.hostNodes = hostNodes;
    this.prelude = prelude;
    this.isProfiled = isProfiled;
  }

  /**
   * Runs the program on arrays by name and returns its outputs by name. An output named in `into` is written
   * to the array given there, which must have the program's precision; the others are new arrays.
   */
  async run(feeds: NamedArrays, into: NamedArrays = {}): Promise<Record<string, NdArray>> {
    checkFeeds(this.inputs, feeds);
    const available: Record<string, NdArray> = this.prelude ? await this.prelude.run(feeds) : {};
    const inputs: Record<string, NdArray> = {};
    for (const name of Object.keys(this.inputs)) {
      available[feedName(name)] = feeds[name]!;
      inputs[feedName(name)] = this.inPrecision(feeds[name]!);
    }
    // Operations on the same matrix receive the same array, and can share their work.
    const views = new Map<string, NdArray>();
    for (const { name, tensor, operands } of this.hostNodes) {
      const values = operands.map((operand) => viewOf(operand, available, views));
      inputs[name] = this.inPrecision(hostedValue(tensor, values));
    }
    const fetches: Record<string, NdArray | null> = {};
    for (const name of Object.keys(this.outputs)) {
      const target = into[name];
      if (target && target.data instanceof Float32Array !== (this.precision === 'float32')) {
        throw new Error(`the array for the output '${name}' must be ${this.precision}`);
      }
      fetches[fetchName(name)] = target ?? null;
    }
    const results = await this.session.run(inputs, fetches);
    return Object.fromEntries(Object.keys(this.outputs).map((name) => [name, results[fetchName(name)]!]));
  }

  /** Frees the session, and writes its profile if it was compiled with one. */
  async release(): Promise<void> {
    await this.prelude?.release();
    if (this.isProfiled) {
      this.session.endProfiling();
    }
    await this.session.release();
  }

  /** The array itself if it has the program's precision, a converted copy otherwise. */
  private inPrecision(array: NdArray): NdArray {
    const Type = this.precision === 'float32' ? Float32Array : Float64Array;
    return array.data instanceof Type ? array : { shape: array.shape, data: Type.from(array.data) };
  }
}

/** The name of an input within the session, where an output may have the same name. */
function feedName(name: string): string {
  return `input ${name}`;
}

/** The name of an output within the session, where constants and host results have names too. */
function fetchName(name: string): string {
  return `output ${name}`;
}

function viewOf(operand: Operand, arrays: NamedArrays, views: Map<string, NdArray>): NdArray {
  if ('data' in operand) {
    return operand;
  }
  const { name, start, shape: declared } = operand;
  const key = `${name} ${start} ${declared.join('x')}`;
  const { data } = arrays[name]!;
  // An open axis has the length that the array implies, which only a whole array does.
  const shape = declared.map((length) =>
    length < 0 ? data.length / (elementCount(declared) / length) : length,
  );
  const view = views.get(key) ?? { shape, data: data.subarray(start, start + elementCount(shape)) };
  views.set(key, view);
  return view;
}

/** Throws unless every input is present and has its shape, and all agree on the size of the open batch. */
function checkFeeds(inputs: ProgramDefinition['inputs'], feeds: NamedArrays): void {
  let batch: { name: string; size: number } | undefined;
  for (const [name, { shape }] of Object.entries(inputs)) {
    const given = feeds[name];
    if (!given) {
      throw new Error(`the program's input '${name}' is missing`);
    }
    const fits =
      given.shape.length === shape.length &&
      shape.every((length, axis) =>
        length < 0 ? given.shape[axis]! % -length === 0 : given.shape[axis] === length,
      );
    if (!fits) {
      throw new Error(
        `the input '${name}' must have shape ${showShape(shape)}, not ${showShape(given.shape)}`,
      );
    }
    if (given.data.length !== sizeOf(given.shape)) {
      throw new Error(
        `the input '${name}' has ${given.data.length} values for shape ${showShape(given.shape)}`,
      );
    }
    const open = shape.findIndex((length) => length < 0);
    if (open >= 0) {
      const size = given.shape[open]! / -shape[open]!;
      if (batch && batch.size !== size) {
        throw new Error(
          `the inputs '${batch.name}' and '${name}' have batch sizes ${batch.size} and ${size}`,
        );
      }
      batch ??= { name, size };
    }
  }
}
