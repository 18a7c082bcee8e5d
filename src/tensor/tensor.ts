// The symbolic tensor: a node of a graph, computed by an operation from other tensors.
import { countElements, type NdArray } from '../core/numeric/index.ts';
import type { Emitter } from './emitter.ts';
import { isOpen, type Shape, showShape } from './shape.ts';

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
      `${showShape(shape)} is no shape: lengths are whole and not 0`,
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
