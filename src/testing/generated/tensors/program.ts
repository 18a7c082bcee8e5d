// A tensor program as data: what generated tests draw, keep in files, build as a graph and evaluate by plain loops.
import type { Boundary, Offset } from '../../../tensor/operations/convolution.ts';

/** A tensor of a program, computed from earlier ones by an operation, or given. */
export interface ProgramNode {
  /** The name of an operation, as `tensor/operations` exports it; `input` or `constant` for given values. */
  readonly operation: string;
  /** The numbers of the nodes that it is computed from. */
  readonly inputs: readonly number[];
  readonly attributes: Attributes;
}

/** The parameters of operations; each has those that its name needs. */
export interface Attributes {
  readonly shape?: readonly number[];
  readonly values?: readonly number[];
  readonly axes?: readonly number[];
  readonly axis?: number;
  readonly order?: readonly number[];
  readonly start?: number;
  readonly end?: number;
  readonly lengths?: readonly number[];
  readonly part?: number;
  readonly before?: number;
  readonly after?: number;
  readonly value?: number;
  readonly limit?: number;
  readonly factor?: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly size?: number;
  readonly offsets?: readonly Offset[];
  readonly boundary?: Boundary;
  readonly edge?: boolean;
  readonly height?: number;
  readonly width?: number;
  readonly parity?: 0 | 1;
  readonly normBound?: number;
  readonly dilation?: number;
  readonly mirrored?: boolean;
}

/** A program. */
export interface GeneratedProgram {
  /** In an order in which they can be computed. */
  readonly nodes: readonly ProgramNode[];
  /** The numbers of the nodes whose values it returns. */
  readonly outputs: readonly number[];
}
