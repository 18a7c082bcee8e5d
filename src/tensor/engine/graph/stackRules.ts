// How an operation on single tensors is applied to a stack of them at once, with the stack as the first axis.
import { expand, sum } from '../../operations/broadcast.ts';
import { add } from '../../operations/elementwise.ts';
import {
  concatenate,
  type Order,
  type Padding,
  pad,
  type Range,
  reorder,
  reshape,
  slice,
  transpose,
} from '../../operations/layout.ts';
import { product, stackedProduct, type Transposition } from '../../operations/linearAlgebra.ts';
import { oneHot } from '../../operations/oneHot.ts';
import { apply, type Shape, type Tensor } from '../../tensor.ts';

/** One operand of all members of a stack. */
export interface Operand {
  /** The members' operands `[K, …]`, or the shared operand. */
  readonly tensor: Tensor;
  readonly stacked: boolean;
}

/** A stack whose members are to be computed by one operation. */
interface Batch<A = unknown> {
  /** One of the members. */
  readonly member: Tensor<A>;
  readonly operands: readonly Operand[];
  /** The number of members, K. */
  readonly count: number;
}

/** The members' results as one tensor `[K, …]`. */
type StackRule<A = unknown> = (batch: Batch<A>) => Tensor;

/** The result of an operation on each member of a stack; undefined if the operation has no rule for it. */
export function stacked(batch: Batch): Tensor | undefined {
  return ruleFor(batch.member)?.(batch);
}

/** Whether an operation can be applied to a stack at once. */
export function canBeStacked(member: Tensor): boolean {
  return ruleFor(member) !== undefined;
}

function ruleFor({ operation: { name, evaluate } }: Tensor): StackRule | undefined {
  return evaluate ? elementwise : (rules[name] as StackRule | undefined);
}

/** Broadcasting aligns last axes: axes of length 1 come between the stack and the axes of a lower rank. */
const elementwise: StackRule = ({ member: { operation, attributes, rank }, operands }) =>
  apply(
    operation,
    operands.map((operand) => (operand.stacked ? ofRank(operand.tensor, rank) : operand.tensor)),
    attributes,
  );

/** A stack whose members get leading axes of length 1 until they have this rank. */
function ofRank(x: Tensor, rank: number): Tensor {
  const [count, ...shape] = x.shape as [number, ...number[]];
  return reshape(x, [count, ...Array<number>(rank - shape.length).fill(1), ...shape]);
}

/** An operand as a stack, with copies of what all members share. */
function whole({ tensor, stacked }: Operand, count: number): Tensor {
  return stacked ? tensor : expand(reshape(tensor, [1, ...tensor.shape]), [count, ...tensor.shape]);
}

/** An operation where the stack is one more leading axis of all operands. */
function alongOtherAxes<A>(make: (inputs: readonly Tensor[], attributes: A) => Tensor): StackRule<A> {
  return ({ member: { attributes }, operands, count }) =>
    make(
      operands.map((operand) => whole(operand, count)),
      attributes,
    );
}

/** An operation that takes stacks unchanged. */
const unchanged: StackRule = ({ member: { operation, attributes }, operands, count }) =>
  apply(
    operation,
    operands.map((operand) => whole(operand, count)),
    attributes,
  );

const matrixProduct: StackRule<Transposition> = ({ member, operands, count }) => {
  const { transposeA, transposeB } = member.attributes;
  const [a, b, bias] = operands as [Operand, Operand, Operand?];
  const [rows, columns] = member.shape as [number, number];
  const matrices = (operand: Operand, transposed: boolean): Tensor =>
    transposed ? transpose(whole(operand, count), [0, 2, 1]) : whole(operand, count);
  const result =
    b.stacked || transposeA || !a.stacked
      ? stackedProduct(matrices(a, transposeA), matrices(b, transposeB))
      : // All rows of all members, by one matrix.
        reshape(product(reshape(a.tensor, [count * rows, a.tensor.shape[2]!]), b.tensor, { transposeB }), [
          count,
          rows,
          columns,
        ]);
  return bias ? add(result, bias.stacked ? ofRank(bias.tensor, 2) : bias.tensor) : result;
};

const productOfStacks: StackRule = ({ member, operands, count }) => {
  const [a, b] = operands.map((operand) => {
    const stack = whole(operand, count);
    const [, matrices, ...matrix] = stack.shape as [number, number, number, number];
    return reshape(stack, [count * matrices, ...matrix]);
  }) as [Tensor, Tensor];
  return reshape(stackedProduct(a, b), [count, ...member.shape]);
};

/** The real and imaginary parts stay in front: `[2, K, …]`. */
const complexLogAbsDeterminant: StackRule = ({ member: { operation, attributes }, operands, count }) => {
  const parts = whole(operands[0]!, count);
  const order = parts.shape.map((_, axis) => (axis < 2 ? 1 - axis : axis));
  return apply(operation, [transpose(parts, order)], attributes);
};

const rules: Readonly<Record<string, StackRule<never>>> = {
  complexLogAbsDet: complexLogAbsDeterminant,
  concatenate: alongOtherAxes((inputs, axis: number) => concatenate(inputs, axis + 1)),
  expand: ({ member: { shape, rank }, operands: [x], count }: Batch) =>
    expand(ofRank(whole(x!, count), rank), [count, ...shape]),
  inverse: unchanged,
  logAbsDet: unchanged,
  oneHot: ({ member: { attributes: length, shape }, operands: [x], count }: Batch<number>) =>
    reshape(oneHot(reshape(whole(x!, count), [count * shape[0]!]), length), [count, ...shape]),
  pad: alongOtherAxes(([x], { axis, before, after, value }: Padding) =>
    pad(x!, axis + 1, before, after, value),
  ),
  product: matrixProduct,
  reorder: alongOtherAxes(([x], { axis, order }: Order) => reorder(x!, axis + 1, order)),
  reshape: ({ member: { shape }, operands: [x], count }: Batch<Shape>) =>
    reshape(whole(x!, count), [count, ...shape]),
  slice: alongOtherAxes(([x], { axis, start, end }: Range) => slice(x!, axis + 1, start, end)),
  stackedProduct: productOfStacks,
  sum: alongOtherAxes(([x], axes: readonly number[]) =>
    sum(
      x!,
      axes.map((axis) => axis + 1),
    ),
  ),
  total: unchanged,
  transpose: alongOtherAxes(([x], order: readonly number[]) =>
    transpose(x!, [0, ...order.map((axis) => axis + 1)]),
  ),
};
