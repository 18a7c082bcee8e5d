// The interface that operations use to emit ONNX nodes.

/** The precision of a program. */
export type Precision = (typeof precisions)[number];

/** The precisions by name. */
export const precisions = ['float32', 'float64'] as const;

/** An ONNX attribute: an integer, a list of integers, a string, or a real number marked as such. */
export type AttributeValue = number | readonly number[] | string | RealAttribute;

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
