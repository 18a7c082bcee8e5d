// Computes tensors that are alike at once, as one stack: a device that pays for every operation pays once for the
// weights of all flow steps.
//
// The slices of a stack take the place of its members, and gradients are found afterwards: those of the slices are
// concatenated, so what they flow back through is stacked too.
import { pulledBack } from '../../tensor/gradient.ts';
import { concatenate, reshape, reshapeSource, slice, sliced } from '../../tensor/operations/layout.ts';
import { apply, isInput, type Tensor } from '../../tensor/tensor.ts';
import { type Kind, likenessIn } from './likeness.ts';
import type { Pass } from './rewrite.ts';
import { type Operand, stacked } from './stackRules.ts';

/** The pass that stacks what is alike. */
export function stacking(order: readonly Tensor[]): Pass {
  const { original, kindOf } = likenessIn(order);
  const values = new Map<Tensor, Tensor>();
  const stacks = new Map<Kind, Tensor>();

  /** The replacement for an original. */
  const replacementOf = (tensor: Tensor): Tensor => {
    const known = values.get(tensor);
    if (known) {
      return known;
    }
    const kind = isAtHand(tensor) ? undefined : kindOf(tensor);
    const inStack = kind && kind.members.length > 1 ? kind.places.get(tensor) : undefined;
    const value =
      kind && inStack !== undefined
        ? reshape(slice(stackOf(kind), 0, inStack, inStack + 1), tensor.shape)
        : recomputed(
            tensor,
            tensor.inputs.map((input) => replacementOf(original(input)!)),
          );
    values.set(tensor, value);
    return value;
  };

  /** All members of a kind, `[K, …]`. */
  const stackOf = (kind: Kind): Tensor => {
    const stack = stacks.get(kind) ?? computed(kind);
    stacks.set(kind, stack);
    return stack;
  };
  const computed = ({ members }: Kind): Tensor => {
    const [first, last] = [members[0]!, members.at(-1)!];
    const count = members.length;
    const range = sliced(first);
    if (range && range.axis === 0 && isInput(range.source)) {
      const all = slice(range.source, 0, range.start, sliced(last)!.end);
      return reshape(all, [count, ...first.shape]);
    }
    const operands = first.inputs.map((_, index) =>
      operandOf(members.map(({ inputs }) => original(inputs[index]!)!)),
    );
    return stacked({ member: first, operands, count })!;
  };

  /** The operands of all members of a stack. */
  const operandOf = (operands: readonly Tensor[]): Operand => {
    const first = operands[0]!;
    return operands.every((operand) => operand === first)
      ? { tensor: replacementOf(first), stacked: false }
      : { tensor: together(operands), stacked: true };
  };

  /** Tensors that are alike as one tensor: their stack, a part of it, or copies. */
  const together = (tensors: readonly Tensor[]): Tensor => {
    const [first] = tensors as [Tensor];
    const source = reshapeSource(first);
    if (isAtHand(first) && source) {
      const sources = tensors.map(({ inputs }) => original(inputs[0]!)!);
      return reshape(together(sources), [tensors.length, ...first.shape]);
    }
    const kind = kindOf(first);
    const start = kind?.places.get(first);
    if (kind && start !== undefined && !isInput(first)) {
      const isRange = tensors.every((tensor, index) => kind.members[start + index] === tensor);
      if (isRange) {
        return slice(stackOf(kind), 0, start, start + tensors.length);
      }
    }
    return concatenate(
      tensors.map((tensor) => reshape(replacementOf(tensor), [1, ...tensor.shape])),
      0,
    );
  };

  return {
    gradients: pulledBack,
    make(tensor, of) {
      const first = original(tensor);
      return first ? replacementOf(first) : recomputed(tensor, tensor.inputs.map(of));
    },
  };

  /** Whether a tensor costs nothing: an input of the program in some shape. */
  function isAtHand(tensor: Tensor): boolean {
    const source = reshapeSource(tensor);
    return isInput(tensor) || (source !== undefined && isAtHand(original(source)!));
  }
}

/** The same operation on other inputs. */
function recomputed(tensor: Tensor, inputs: readonly Tensor[]): Tensor {
  return tensor.inputs.length === 0 ? tensor : apply(tensor.operation, inputs, tensor.attributes);
}
