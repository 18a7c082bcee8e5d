// Single operations left out, or merged with those that they are applied to.
import { expand, expandOperation, expandSource } from '../../operations/broadcast.ts';
import { add, divide, multiply, negate, subtract } from '../../operations/elementwise.ts';
import {
  concatenate,
  reshape,
  reshapeOperation,
  reshapeSource,
  zeroPadded,
} from '../../operations/layout.ts';
import { broadcastShapes, isOpen, type Shape, sameShape } from '../../shape.ts';
import { apply, constant, constantValue, isComputedBy, type Operation, type Tensor } from '../../tensor.ts';
import { onBatchLast } from './batchLast.ts';

/** The result of an operation that is neither a product nor a sum of gradients. */
export function simpler(
  operation: Operation<unknown>,
  inputs: readonly Tensor[],
  attributes: unknown,
): Tensor {
  if (operation.evaluate) {
    return simplerFunction(operation, inputs);
  }
  const moved = onBatchLast(operation, inputs, attributes, simpler);
  if (moved) {
    return moved;
  }
  if (operation === (expandOperation as Operation<unknown>)) {
    const [x, target] = inputs as [Tensor, Tensor?];
    const shape = attributes as Shape;
    return expand(x, shape, isOpen(shape) ? target : undefined);
  }
  return operation === (reshapeOperation as Operation<unknown>)
    ? reshaped(inputs[0]!, attributes as Shape)
    : apply(operation, inputs, attributes);
}

/** The same elements in another shape; of several reshapes in a row, only the last one remains. */
export function reshaped(x: Tensor, shape: Shape): Tensor {
  return reshape(reshapeSource(x) ?? x, shape);
}

/**
 * The operand that is neutral for an operation: on the right, and on the left where the operation has one.
 */
const neutral = new Map<Operation<undefined>, { right: number; left?: number }>([
  [add.operation, { right: 0, left: 0 }],
  [subtract.operation, { right: 0 }],
  [multiply.operation, { right: 1, left: 1 }],
  [divide.operation, { right: 1 }],
]);

/** An elementwise function: folded for plain numbers, left out where it changes nothing. */
export function simplerFunction(operation: Operation<unknown>, inputs: readonly Tensor[]): Tensor {
  const numbers = inputs.map(plainNumber);
  if (numbers.every((number) => number !== undefined)) {
    return constant(operation.evaluate!(...numbers));
  }
  const [a, b, ...others] = inputs as [Tensor, Tensor?, ...Tensor[]];
  if (!b || others.length > 0) {
    return onSources(operation, inputs);
  }
  const difference = withoutNegation(operation, a, b);
  if (difference) {
    return difference;
  }
  const neutralElement = neutral.get(operation as Operation<undefined>);
  if (neutralElement && numbers[1] === neutralElement.right) {
    return a;
  }
  if (neutralElement?.left !== undefined && numbers[0] === neutralElement.left) {
    return b;
  }
  return onSources(operation, withoutExpansion(a, b));
}

/** a + (−b) as a − b, and a − (−b) as a + b: the same numbers without a pass over b; undefined for anything else. */
function withoutNegation(operation: Operation<unknown>, a: Tensor, b: Tensor): Tensor | undefined {
  const isNegation = (x: Tensor): boolean => isComputedBy(negate.operation, x);
  const isSum = operation === (add.operation as Operation<unknown>);
  if (isSum && isNegation(b)) {
    return simplerFunction(subtract.operation as Operation<unknown>, [a, b.inputs[0]!]);
  }
  if (isSum && isNegation(a)) {
    return simplerFunction(subtract.operation as Operation<unknown>, [b, a.inputs[0]!]);
  }
  return operation === (subtract.operation as Operation<unknown>) && isNegation(b)
    ? simplerFunction(add.operation as Operation<unknown>, [a, b.inputs[0]!])
    : undefined;
}

/** The value of a constant with one element and no axes. */
function plainNumber(x: Tensor): number | undefined {
  return x.rank === 0 ? constantValue(x)?.data[0] : undefined;
}

/**
 * Moves an elementwise operation before the reshape of its operands, so that no reshape remains between two
 * matrix products.
 */
function onSources(operation: Operation<unknown>, operands: readonly Tensor[]): Tensor {
  const moved = onBatchLast(operation, operands, undefined, simpler);
  if (moved) {
    return moved;
  }
  const { shape } = operands[0]!;
  const sources = operands.flatMap((operand) => reshapeSource(operand) ?? []);
  const agree =
    sources.length === operands.length &&
    operands.every((operand) => sameShape(operand.shape, shape)) &&
    sources.every((source) => sameShape(source.shape, sources[0]!.shape));
  return agree ? reshape(apply(operation, sources, undefined), shape) : apply(operation, operands, undefined);
}

/** The operands without their `expand`, where broadcasting has the same result without the copy. */
function withoutExpansion(a: Tensor, b: Tensor): [Tensor, Tensor] {
  const shape = broadcastShapes(a.shape, b.shape);
  const fits = (leftShape: Shape, right: Shape): boolean => {
    const out = broadcastShapes(leftShape, right);
    return shape !== undefined && out !== undefined && sameShape(out, shape);
  };
  const narrowA = expandSource(a);
  if (narrowA && fits(narrowA.shape, b.shape)) {
    return [narrowA, b];
  }
  const narrowB = expandSource(b);
  return narrowB && fits(a.shape, narrowB.shape) ? [a, narrowB] : [a, b];
}

/** The sum of parts. Zero-padded slices that tile the whole are concatenated instead. */
export function sumParts(parts: readonly Tensor[]): Tensor {
  const plainSum = (terms: readonly Tensor[]): Tensor =>
    terms.reduce((sum, term) => simplerFunction(add.operation, [sum, term]));
  const padded = parts.flatMap((part) => zeroPadded(part) ?? []).sort((a, b) => a.start - b.start);
  if (padded.length < 2) {
    return plainSum(parts);
  }
  const { axis } = padded[0]!;
  const tiles =
    padded.every((part, index) => part.axis === axis && part.start === (padded[index - 1]?.end ?? 0)) &&
    padded.at(-1)!.end === parts[0]!.shape[axis]!;
  if (!tiles) {
    return plainSum(parts);
  }
  const joined = concatenate(
    padded.map((part) => part.inner),
    axis,
  );
  return plainSum([joined, ...parts.filter((part) => !zeroPadded(part))]);
}
