// Choices between values without branches: a condition is 1 where it holds, else 0.

import type { Tensor } from '../../tensor/index.ts';
import { add, multiply, relu, step, subtract } from '../../tensor/operations/index.ts';

/** 1 where x > 0, else 0. */
export function isPositive(x: Tensor): Tensor {
  return step(relu(x));
}

/** `a` where the condition is 1, `b` where it is 0; both must be finite. */
export function chosen(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return add(multiply(condition, a), multiply(subtract(1, condition), b));
}

/** The largest of tensors of one shape, elementwise, up to rounding: it has a gradient. */
export function largest(parts: readonly Tensor[]): Tensor {
  // max(a, b) = a + relu(b − a).
  return parts.reduce((maximum, part) => add(maximum, relu(subtract(part, maximum))));
}
