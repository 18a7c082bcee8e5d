// A program as it is drawn, node by node, and the values of its nodes, which say what may follow.
import type { Choices } from './choices.ts';
import { type Balls, evaluateNode, float64 } from './evaluator.ts';
import type { Attributes, GeneratedProgram, ProgramNode } from './program.ts';

/** A call of an operation: on which tensors of the program so far, and with what. */
export interface Call {
  readonly inputs: readonly number[];
  readonly attributes?: Attributes;
}

/** More numbers would make a case slow. */
const MOST_NUMBERS = 300;

/** Pools of values: counting first, since cases shrink to it; last one whose differences say nothing of gradients. */
const pools: readonly ((choices: Choices, index: number) => number)[] = [
  (_, index) => index + 1,
  (choices) => (choices.below(65) - 32) / 16,
  (choices) => (choices.below(65) - 32) / 16,
  (choices) => (choices.below(1001) - 500) / 100,
  () => 0.75,
  (choices) => [0, -0, 1, -1][choices.below(4)]!,
  (choices) => [-20, -100, -750, 0, 90, 255, 1e4, -17.5][choices.below(8)]!,
  (choices) => [1e-30, 1e30, 1, -1e30, 3e-20, 20, -20][choices.below(7)]!,
];

/** A program that grows by calls of operations. */
export class Draft {
  readonly #nodes: ProgramNode[] = [];
  readonly #balls: Balls[] = [];
  readonly #hasGradients: boolean;

  constructor(hasGradients: boolean) {
    this.#hasGradients = hasGradients;
  }

  shape(node: number): readonly number[] {
    return this.#balls[node]!.shape;
  }

  values(node: number): readonly number[] {
    return this.#balls[node]!.values;
  }

  /** Any tensor so far, or a new one. */
  any(choices: Choices): number {
    return this.ranked(choices, () => true, [2]);
  }

  /** A tensor so far of some rank, or a new one of this shape. */
  ranked(choices: Choices, fits: (rank: number) => boolean, shape: readonly number[]): number {
    return this.#choose(choices, ({ shape: one }) => fits(one.length)) ?? this.#fresh(choices, shape);
  }

  /** A tensor of this shape: one so far, a reshaped one, or a new one, with small values if asked for. */
  shaped(choices: Choices, shape: readonly number[], size?: 'small'): number {
    if (size) {
      return this.#fresh(choices, shape, size);
    }
    const same = this.#choose(choices, (balls) => String(balls.shape) === String(shape));
    if (same !== undefined && choices.below(4) > 0) {
      return same;
    }
    const count = shape.reduce((product, length) => product * length, 1);
    const reshaped = this.#choose(choices, ({ values }) => values.length === count);
    return reshaped !== undefined && choices.below(3) > 0
      ? this.#add({ operation: 'reshape', inputs: [reshaped], attributes: { shape } })
      : this.#fresh(choices, shape);
  }

  /** A tensor that broadcasts with a shape. */
  broadcastable(choices: Choices, shape: readonly number[]): number {
    const fits = (one: readonly number[]): boolean =>
      Array.from({ length: Math.min(one.length, shape.length) }, (_, index) => -1 - index).every(
        (axis) => one.at(axis) === shape.at(axis) || one.at(axis) === 1 || shape.at(axis) === 1,
      );
    const other = choices.below(4) > 0 ? this.#choose(choices, (balls) => fits(balls.shape)) : undefined;
    const kept = shape.slice(choices.below(shape.length + 1));
    return (
      other ??
      this.#fresh(
        choices,
        kept.map((length) => (choices.below(3) === 1 ? 1 : length)),
      )
    );
  }

  /** Images `[N, H, W, C]`; with `large`, at least two pixels wide. */
  images(choices: Choices, large = false): number {
    const existing = this.#choose(
      choices,
      ({ shape }) => shape.length === 4 && Math.max(...shape) < 6 && (!large || shape[2]! > 1),
    );
    const [images, height] = [1 + choices.below(2), 1 + choices.below(4)];
    return existing ?? this.#fresh(choices, [images, height, 2 + choices.below(3), 1 + choices.below(3)]);
  }

  /** A new input, or constant, of these values. */
  given(shape: readonly number[], values: readonly number[], choices: Choices): number {
    const operation = choices.below(3) === 2 ? 'constant' : 'input';
    return this.#add({ operation, inputs: [], attributes: { shape, values: values.map(Math.fround) } });
  }

  /** A tensor without a gradient, where gradients are taken: the slope is not defined where a condition turns. */
  detached(node: number): number {
    return this.#hasGradients ? this.#add({ operation: 'detach', inputs: [node], attributes: {} }) : node;
  }

  /** Adds a call of an operation, unless it would be large; of detached tensors if gradients have to end at it. */
  call(operation: string, { inputs, attributes = {} }: Call, hasNoGradient = false): void {
    const operands = hasNoGradient ? inputs.map((node) => this.detached(node)) : inputs;
    this.#add({ operation, inputs: operands, attributes });
  }

  /** The program: it returns what nothing else uses, and some of the rest. */
  program(choices: Choices): GeneratedProgram {
    const used = new Set(this.#nodes.flatMap(({ inputs }) => inputs));
    const outputs = this.#nodes.flatMap((_, number) =>
      !used.has(number) || choices.below(5) === 4 ? [number] : [],
    );
    return { nodes: this.#nodes, outputs };
  }

  #choose(choices: Choices, fits: (balls: Balls) => boolean): number | undefined {
    const fitting = this.#balls.flatMap((balls, number) =>
      fits(balls) && balls.values.every(Number.isFinite) ? [number] : [],
    );
    return fitting.length === 0 ? undefined : fitting.at(-1 - choices.below(fitting.length));
  }

  #fresh(choices: Choices, shape: readonly number[], size?: 'small'): number {
    const pool = pools[choices.below(pools.length - (this.#hasGradients ? 1 : 0))]!;
    const count = shape.reduce((product, length) => product * length, 1);
    const values = Array.from({ length: count }, (_, index) =>
      size ? (choices.below(17) - 8) / 32 : pool(choices, index),
    );
    return this.given(shape, values, choices);
  }

  #add(node: { operation: string; inputs: readonly number[]; attributes: Attributes }): number {
    const balls = evaluateNode(
      node,
      node.inputs.map((input) => this.#balls[input]!),
      float64,
    );
    if (balls.values.length > MOST_NUMBERS || balls.values.length === 0) {
      return this.#nodes.length - 1;
    }
    this.#nodes.push(node);
    this.#balls.push(balls);
    return this.#nodes.length - 1;
  }
}
