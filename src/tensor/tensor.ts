// The symbolic tensor: a node of a graph, computed by an operation from other tensors. With its shape, what operations emit,
// and programs, which are graphs with named inputs and outputs.
import { countElements, type NdArray } from '../core/numeric/index.ts';

/**
 * A kind of computation: the shape of its result, its gradient as a graph of other operations, and its ONNX nodes.
 *
 * `A` holds an operation's attributes, its parameters other than inputs: axes, offsets, values.
 */
export interface Operation<A> {
  /** Its name, for the engine and for error messages. */
  readonly name: string;
  /** The shape of the result, or what is wrong with the inputs. */
  shape(inputs: readonly Shape[], attributes: A): Shape | ShapeProblem;
  /**
   * For each input, the gradient of a scalar with respect to it, given the gradient `g` with respect to
   * `node`.
   */
  gradient?(node: Tensor<A>, g: Tensor): (Tensor | undefined)[];
  /**
   * Whether the engine expands it into other operations that suit the device: those are what is
   * differentiated.
   */
  readonly composite?: boolean;
  /** Its value for single numbers in float64, if it is elementwise: graphs are simplified and stacked by it. */
  evaluate?(...numbers: number[]): number;
  /**
   * Its nodes in standard operators of ONNX's opset 20 or earlier, for every device that has no better ones
   * (`engine/devices`). Missing if it is composite, or the engine computes it in another way.
   */
  nodes?(emit: Emitter, node: Tensor<A>, inputs: readonly string[]): string;
}

/** Emits the nodes of an operation on tensors of these names, and returns the name of the result. */
export type Nodes<A = unknown> = (emit: Emitter, node: Tensor<A>, inputs: readonly string[]) => string;

/** Why the result shape is undefined. */
export interface ShapeProblem {
  /**
   * The problem with the inputs' shapes; an error message puts it after the operation's name and the shapes.
   */
  readonly problem: string;
}

let created = 0;

/** A symbolic array of real numbers: known shape, no values. Created by the functions of this folder. */
export class Tensor<A = unknown> {
  /** Increases with every tensor created, so that sorting by it is a topological order. */
  readonly id = created++;
  /** The operation that computes it. */
  readonly operation: Operation<A>;
  /** The tensors that it is computed from. */
  readonly inputs: readonly Tensor[];
  /** The operation's parameters other than inputs. */
  readonly attributes: A;
  /** The lengths of the axes, at most one may depend on the open batch. */
  readonly shape: Shape;

  constructor(operation: Operation<A>, inputs: readonly Tensor[], attributes: A, shape: Shape) {
    this.operation = operation;
    this.inputs = inputs;
    this.attributes = attributes;
    this.shape = shape;
  }

  /** The number of axes. */
  get rank(): number {
    return this.shape.length;
  }
}

/** Applies an operation, checking the shapes: the error names the operation and every shape. */
export function apply<A>(operation: Operation<A>, inputs: readonly Tensor[], attributes: A): Tensor<A> {
  const shapes = inputs.map((input) => input.shape);
  const shape = operation.shape(shapes, attributes);
  if ('problem' in shape) {
    throw new ShapeError(operation.name, shapes, shape.problem);
  }
  if (!shape.every((length) => Number.isInteger(length) && length !== 0)) {
    throw new ShapeError(
      operation.name,
      shapes,
      `${showShape(shape)} is not a shape: lengths must be whole and positive`,
    );
  }
  if (shape.filter((length) => length < 0).length > 1) {
    throw new ShapeError(operation.name, shapes, `two axes of ${showShape(shape)} depend on the open batch`);
  }
  return new Tensor(operation, inputs, attributes, shape);
}

/** Incompatible shapes, found when a graph is built. */
export class ShapeError extends Error {
  constructor(operation: string, shapes: readonly Shape[], problem: string) {
    super(`${operation}(${shapes.map(showShape).join(', ')}): ${problem}`);
    this.name = 'ShapeError';
  }
}

const inputOperation: Operation<{ shape: Shape; name: string }> = {
  name: 'input',
  shape: (_, { shape }) => shape,
};

/** A tensor whose values are passed when a program runs; `name` is for error messages. */
export function input(name: string, shape: Shape): Tensor {
  return apply(inputOperation, [], { shape, name }) as Tensor;
}

const constantOperation: Operation<NdArray> = {
  name: 'constant',
  shape: (_, { shape, data }) =>
    data.length === countElements(shape) && !isOpen(shape)
      ? shape
      : { problem: `${data.length} values do not fill ${showShape(shape)}` },
  nodes: (emit, { attributes: { data }, shape }) => emit.reals(data, shape),
};

/** A tensor of constant values: a number, or an array. */
export function constant(value: number | NdArray): Tensor {
  const array = typeof value === 'number' ? { shape: [], data: Float64Array.of(value) } : value;
  return apply(constantOperation, [], array) as Tensor;
}

/** Whether a tensor is computed by this operation. */
export function isComputedBy<A>(operation: Operation<A>, tensor: Tensor): tensor is Tensor<A> {
  return tensor.operation === (operation as Operation<unknown>);
}

/** The values of a constant; undefined for any other tensor. */
export function constantValue(tensor: Tensor): NdArray | undefined {
  return isComputedBy(constantOperation, tensor) ? tensor.attributes : undefined;
}

/** Whether the tensor's values are passed in from outside. */
export function isInput(tensor: Tensor): boolean {
  return isComputedBy(inputOperation, tensor);
}

/**
 * The lengths of a tensor's axes. A negative length −n means n times the open batch: `[-1, 28, 28, 1]`
 * is a batch of any number of images, `[-784, 1]` the same pixels as rows. At most one axis of a shape is
 * open.
 */
export type Shape = readonly number[];

/** The length of a batch axis that is known only when the program runs. */
export const OPEN_BATCH = -1;

/** Whether some axis depends on the open batch. */
export function isOpen(shape: Shape): boolean {
  return shape.some((length) => length < 0);
}

/** The product of the lengths; negative if it is a multiple of the open batch. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Whether two shapes are the same, axis by axis. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** A shape in the form of ONNX's Reshape: the one open axis is inferred. */
export function onnxShape(shape: Shape): number[] {
  return shape.map((length) => (length < 0 ? -1 : length));
}

/** A shape as text: `[N, 28, 28, 1]`, with N for the open batch. */
export function showShape(shape: Shape): string {
  return `[${shape.map((length) => (length < 0 ? (length === -1 ? 'N' : `${-length}·N`) : length)).join(', ')}]`;
}

/** The shape that two operands broadcast to, aligned at their last axes, or undefined if they do not fit. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const leftLength = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (leftLength !== right && leftLength !== 1 && right !== 1) {
      return undefined;
    }
    out.push(leftLength === 1 ? right : leftLength);
  }
  return out;
}

/** The precision of a program. */
export type Precision = (typeof precisions)[number];

/** The precisions by name. */
export const precisions = ['float32', 'float64'] as const;

/** An ONNX attribute: an integer, a list of integers, or a real number marked as such. */
export type AttributeValue = number | readonly number[] | RealAttribute;

/** Marks a number as real, because ONNX distinguishes 1.0 from 1. */
interface RealAttribute {
  /** The number. */
  readonly real: number;
}

/** Collects nodes, typed as ONNX operators, and constants; tensors are identified by name. */
export interface Emitter {
  /** The type of all real numbers of the program. */
  readonly precision: Precision;
  /** Adds a node with one output and returns the output's name. */
  node(
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, AttributeValue>>,
  ): string;
  /** Adds a node with several outputs and returns their names. */
  nodes(
    type: string,
    inputs: readonly string[],
    outputs: number,
    attributes?: Readonly<Record<string, AttributeValue>>,
  ): string[];
  /** A real constant in the program's precision. */
  reals(values: Float32Array | Float64Array, shape: readonly number[]): string;
  /** A constant list of 64-bit integers: axes, sizes, pads. */
  integers(values: readonly number[]): string;
  /**
   * A constant table of 32-bit integers; `key` identifies its contents, so that equal tables are built and
   * stored once.
   */
  indices(key: string, shape: readonly number[], make: () => Int32Array): string;
  /**
   * The value reached by applying `body` repeatedly from `start`, until it no longer changes or `limit`
   * iterations are done. `body` may use everything that was emitted before.
   */
  repeat(start: string, limit: number, body: (value: string) => string): string;
}

/** A constant number without axes. */
export function scalar(emit: Emitter, value: number): string {
  return emit.reals(Float64Array.of(value), []);
}

/**
 * The given tensors and everything they depend on, inputs first; nothing beyond a tensor where `stop` holds.
 */
export function topologicalOrder(
  outputs: readonly Tensor[],
  stop: (node: Tensor) => boolean = () => false,
): Tensor[] {
  const seen = new Set<Tensor>();
  const open = [...outputs];
  for (let node = open.pop(); node; node = open.pop()) {
    if (!seen.has(node)) {
      seen.add(node);
      if (!stop(node)) {
        open.push(...node.inputs);
      }
    }
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/** A graph with named inputs and outputs; compiled once, run many times. */
export interface ProgramDefinition {
  /** The tensors whose values are passed to a run: nothing that they depend on is computed. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** The tensors whose values a run returns. */
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** The tensors that a program computes, and the inputs and constants that they depend on. */
export function listTensors({ inputs, outputs }: ProgramDefinition): Tensor[] {
  const inputTensors = new Set(Object.values(inputs));
  return topologicalOrder(Object.values(outputs), (tensor) => inputTensors.has(tensor));
}

/** The program without the inputs that it does not use. */
export function withoutUnused({ inputs, outputs }: ProgramDefinition): ProgramDefinition {
  const used = new Set(listTensors({ inputs, outputs }));
  return {
    inputs: Object.fromEntries(Object.entries(inputs).filter(([, tensor]) => used.has(tensor))),
    outputs,
  };
}

/** Throws if an output depends on an input that the program does not name. */
export function checkInputs(definition: ProgramDefinition): void {
  const named = new Set(Object.values(definition.inputs));
  for (const tensor of listTensors(definition)) {
    if (isInput(tensor) && !named.has(tensor)) {
      const { name } = tensor.attributes as { name: string };
      throw new Error(`the program uses the input '${name}' but does not list it`);
    }
  }
}

/**
 * The tensors whose values depend only on constants and are used by something that does not (or are
 * outputs): the results of constant folding, computed once before the program is compiled.
 */
export function constantFrontier(definition: ProgramDefinition): Tensor[] {
  const inputTensors = new Set(Object.values(definition.inputs));
  const outputs = Object.values(definition.outputs);
  const fixed = new Set<Tensor>();
  const frontier = new Set<Tensor>();
  for (const tensor of listTensors(definition)) {
    if (!inputTensors.has(tensor) && tensor.inputs.every((input) => fixed.has(input))) {
      fixed.add(tensor);
    } else {
      for (const input of tensor.inputs) {
        if (fixed.has(input)) {
          frontier.add(input);
        }
      }
    }
  }
  for (const output of outputs) {
    if (fixed.has(output)) {
      frontier.add(output);
    }
  }
  return [...frontier].filter((tensor) => !constantValue(tensor));
}
