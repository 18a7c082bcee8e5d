// Images with the batch as their last axis. A convolution takes and returns them through transpositions; the rules here
// move the operations between two convolutions to where the batch is last, so that the transpositions meet and cancel.
import { isNamed } from '../../operations/checkpoint.ts';
import {
  batchFirst,
  batchFirstSource,
  batchLast,
  invertPermutation,
  reshape,
  transpose,
} from '../../operations/layout.ts';
import type { Operation, Shape, Tensor } from '../../tensor.ts';

/** Makes the result of an operation. */
type Make = (operation: Operation<unknown>, inputs: readonly Tensor[], attributes: unknown) => Tensor;

/** Images `[N, H, W, C]` as `[C, H, W, N]`. */
export function imagesLast(x: Tensor): Tensor {
  return batchLast(x, IMAGES);
}

/** Images `[C, H, W, N]` as `[N, H, W, C]`. */
export function imagesFirst(x: Tensor): Tensor {
  return batchFirst(x, IMAGES);
}

/** The axes of `[N, H, W, C]` in `[C, H, W, N]`, and the other way round. */
const IMAGES = [3, 1, 2, 0];

/**
 * The result of an operation, computed with the batch last if some input is `batchFirst` of such a tensor, and brought back
 * to its own order of axes; undefined if no input is, or the operation has no rule.
 */
export function onBatchLast(
  operation: Operation<unknown>,
  inputs: readonly Tensor[],
  attributes: unknown,
  make: Make,
): Tensor | undefined {
  const order = inputs.map(batchLastOrder).find((candidateOrder) => candidateOrder !== undefined);
  const rule = operation.evaluate ? elementwise : rules[operation.name];
  return order && rule?.({ operation, inputs, attributes, order, make });
}

/** The order of the axes in `batchFirst`; undefined for any other tensor. */
function batchLastOrder(x: Tensor): readonly number[] | undefined {
  // Named tensors may be given in the program's own order of axes: they are transposed again, like other inputs.
  return batchFirstSource(isNamed(x) ? x.inputs[0]! : x)?.order;
}

/** `x` with its axes in another order: a reshape if only axes of length 1 move. */
function permuted(x: Tensor, order: readonly number[]): Tensor {
  const long = order.filter((axis) => x.shape[axis] !== 1);
  return isIncreasing(long)
    ? reshape(
        x,
        order.map((axis) => x.shape[axis]!),
      )
    : transpose(x, order);
}

/** `x`, with the batch last if it has one, with the order of axes that it should have. */
function broughtBack(x: Tensor, order: readonly number[]): Tensor {
  return order.length > 2 && order[0] === order.length - 1 ? batchFirst(x, order) : permuted(x, order);
}

function isIncreasing(axes: readonly number[]): boolean {
  return axes.every((axis, index) => index === 0 || axis > axes[index - 1]!);
}

/** An operation to be computed with the batch last, and the order of axes that brings an input back from there. */
interface Moved {
  readonly operation: Operation<unknown>;
  readonly inputs: readonly Tensor[];
  readonly attributes: unknown;
  readonly order: readonly number[];
  readonly make: Make;
}

type Rule = (moved: Moved) => Tensor | undefined;

const elementwise: Rule = ({ operation, inputs, attributes, order, make }) =>
  inputs.some(({ rank }) => rank > order.length)
    ? undefined
    : broughtBack(
        make(
          operation,
          inputs.map((x) => withBatchLast(x, order)),
          attributes,
        ),
        order,
      );

/** A mark; inputs that it only waits for stay unchanged. */
const mark: Rule = ({ operation, inputs: [x, ...others], attributes, order, make }) =>
  batchLastOrder(x!) &&
  broughtBack(make(operation, [withBatchLast(x!, order), ...others], attributes), order);

/** An operation along one axis. */
const alongAxis =
  (attributesOf: (attributes: never, newAxis: (axis: number) => number) => unknown): Rule =>
  ({ operation, inputs, attributes, order, make }) =>
    broughtBack(
      make(
        operation,
        inputs.map((x) => withBatchLast(x, order)),
        attributesOf(attributes as never, (axis) => order[axis]!),
      ),
      order,
    );

const withAxis = alongAxis((attributes: { readonly axis: number }, newAxis): { readonly axis: number } => ({
  ...attributes,
  axis: newAxis(attributes.axis),
}));

const reduction: Rule = ({ operation, inputs: [x], attributes, order, make }) => {
  const axes = attributes as readonly number[];
  const places = axes.map((axis) => order[axis]!).sort((a, b) => a - b);
  const remaining = order.filter((_, axis) => !axes.includes(axis));
  const sorted = [...remaining].sort((a, b) => a - b);
  return broughtBack(
    make(operation, [withBatchLast(x!, order)], places),
    remaining.map((axis) => sorted.indexOf(axis)),
  );
};

/** The shape that an expansion results in has the axes of what it takes the batch from. */
const expansion: Rule = ({ operation, inputs: [x, target], attributes, order, make }) => {
  const shape = attributes as Shape;
  return (
    target &&
    batchLastOrder(target) &&
    broughtBack(
      make(
        operation,
        [withBatchLast(x!, order), withBatchLast(target, order)],
        invertPermutation(order).map((axis) => shape[axis]!),
      ),
      order,
    )
  );
};

/**
 * Splits axes where they are; to merge some that do not follow one another, the axes are brought in order, the last ones
 * first and the batch last.
 */
const reshaping: Rule = ({ operation, inputs: [x], attributes, order, make }) => {
  const shape = attributes as Shape;
  const groups = shape.length > 2 ? axisGroups(x!.shape, shape) : undefined;
  if (!groups) {
    return undefined;
  }
  const groupPosition = ({ from }: AxisGroup): number =>
    order[from.find((axis) => x!.shape[axis] !== 1) ?? from[0]!]!;
  const inPlace = groups.every(({ from }) => {
    const places = from.filter((axis) => x!.shape[axis] !== 1).map((axis) => order[axis]!);
    return places.every((axis, index) => axis === places[0]! + index);
  });
  const [batch, ...others] = groups as [AxisGroup, ...AxisGroup[]];
  const arranged = inPlace
    ? [...groups].sort((a, b) => groupPosition(a) - groupPosition(b))
    : [others.at(-1)!, ...others.slice(0, -1), batch];
  const moved = permuted(
    withBatchLast(x!, order),
    arranged.flatMap(({ from }) => from.map((axis) => order[axis]!)),
  );
  const axes = arranged.flatMap(({ to }) => to);
  return broughtBack(
    make(
      operation,
      [moved],
      axes.map((axis) => shape[axis]!),
    ),
    invertPermutation(axes),
  );
};

const transposition: Rule = ({ inputs: [x], attributes, order }) =>
  broughtBack(
    withBatchLast(x!, order),
    (attributes as readonly number[]).map((axis) => order[axis]!),
  );

/** The rules by the names of operations; an elementwise function has its own. */
const rules: Readonly<Record<string, Rule>> = {
  after: mark,
  batchLast: transposition,
  checkpoint: mark,
  concatenate: alongAxis((axis: number, newAxis) => newAxis(axis)),
  detach: mark,
  expand: expansion,
  max: reduction,
  pad: withAxis,
  remember: mark,
  reorder: withAxis,
  reshape: reshaping,
  slice: withAxis,
  sum: reduction,
  transpose: transposition,
};

/** An operand with the axes of a transposition's source, for this order of its result; one of lower rank broadcasts. */
function withBatchLast(x: Tensor, order: readonly number[]): Tensor {
  const inverse = invertPermutation(order);
  const source = batchFirstSource(x);
  if (source && source.order.length === order.length) {
    return permuted(
      source.source,
      inverse.map((axis) => source.order[axis]!),
    );
  }
  if (x.rank === order.length) {
    return batchLast(x, inverse);
  }
  if (x.rank === 0) {
    return x;
  }
  return permuted(reshape(x, [...order.slice(x.rank).map(() => 1), ...x.shape]), inverse);
}

/** Axes that become others, in order, with the same number of elements. */
interface AxisGroup {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** The smallest such groups of a reshape, the first with only the batch; undefined if it is not kept. */
function axisGroups(from: Shape, to: Shape): AxisGroup[] | undefined {
  if (from[0] !== to[0]) {
    return undefined;
  }
  const groups: { from: number[]; to: number[] }[] = [{ from: [0], to: [0] }];
  let [i, j] = [1, 1];
  while (i < from.length && j < to.length) {
    const group = { from: [i], to: [j] };
    let [fromLength, toLength] = [from[i++]!, to[j++]!];
    while (fromLength !== toLength) {
      if (fromLength < toLength) {
        group.from.push(i);
        fromLength *= from[i++]!;
      } else {
        group.to.push(j);
        toLength *= to[j++]!;
      }
    }
    groups.push(group);
  }
  const last = groups.at(-1)!;
  last.from.push(...from.map((_, axis) => axis).slice(i));
  last.to.push(...to.map((_, axis) => axis).slice(j));
  return groups;
}
