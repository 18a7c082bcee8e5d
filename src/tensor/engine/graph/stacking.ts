// Batches isomorphic subgraphs into one stack, so that a device with a cost per operation pays once for the weights of
// all flow steps.
//
// Slices of the stack replace its members before differentiation. The gradients of the slices are concatenated, so the
// backward pass is stacked too.
import { pulledBack } from '../../gradients/gradient.ts';
import { sum } from '../../operations/broadcast.ts';
import { add } from '../../operations/elementwise.ts';
import { concatenate, reshape, reshapeSource, slice, sliced } from '../../operations/layout.ts';
import { apply, isInput, isResultOf, type Tensor } from '../../tensor.ts';
import { type Kind, likenessIn } from './likeness.ts';
import { type Pass, soleUsers } from './rewrite.ts';
import { type Operand, stacked } from './stackRules.ts';

/** From this number on, terms of a sum are added at once. */
const MANY = 8;

/** The pass that batches identical subgraphs into one operation. */
export function stacking(order: readonly Tensor[], roots: readonly Tensor[]): Pass {
  const { original, kindOf } = likenessIn(order);
  const stackedKind = (tensor: Tensor): Kind | undefined => {
    const kind = isAtHand(tensor) ? undefined : kindOf(tensor);
    return kind && kind.members.length > 1 ? kind : undefined;
  };
  // Of numbers, or of one for each image.
  const isSmall = (tensor: Tensor): boolean => tensor.rank <= 1;
  const sums = sumsIn(order, roots, (tensor) => isSmall(tensor) && !stackedKind(original(tensor) ?? tensor));
  const values = new Map<Tensor, Tensor>();
  const stacks = new Map<Kind, Tensor>();
  const copied = new Map<string, Tensor>();

  /** The replacement for an original. */
  const replacementOf = (tensor: Tensor): Tensor => {
    const known = values.get(tensor);
    if (known) {
      return known;
    }
    const kind = stackedKind(tensor);
    const place = kind?.places.get(tensor);
    const value =
      kind && place !== undefined
        ? reshape(slice(stackOf(kind), 0, place, place + 1), tensor.shape)
        : alone(tensor, (input) => replacementOf(original(input)!));
    values.set(tensor, value);
    return value;
  };

  /** A tensor that is computed by itself. */
  const alone = (tensor: Tensor, of: (input: Tensor) => Tensor): Tensor => {
    if (tensor.inputs.length === 0) {
      return tensor;
    }
    const terms = sums.get(tensor);
    return terms && terms.length > 2
      ? sumOf(terms, of)
      : apply(tensor.operation, tensor.inputs.map(of), tensor.attributes);
  };

  /** The sum of terms: the members of a stack are added at once, and so are many terms of one shape. */
  const sumOf = (terms: readonly Tensor[], of: (term: Tensor) => Tensor): Tensor => {
    const left = terms.map((term) => original(term) ?? term);
    const parts: Tensor[] = [];
    for (const kind of new Set(left.flatMap((term) => stackedKind(term) ?? []))) {
      if (kind.members.every((member) => left.includes(member))) {
        parts.push(sum(stackOf(kind), [0]));
        for (const member of kind.members) {
          left.splice(left.indexOf(member), 1);
        }
      }
    }
    for (const shape of new Set(left.map((term) => String(term.shape)))) {
      const alike = left.filter((term) => String(term.shape) === shape);
      const values = alike.map((term) => (original(term) ? replacementOf(term) : of(term)));
      parts.push(...(values.length >= MANY ? [sum(asStack(values), [0])] : values));
    }
    return parts.reduce((total, part) => add(total, part));
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
    const key = tensors.map(({ id }) => id).join();
    const copies = copied.get(key) ?? asStack(tensors.map(replacementOf));
    copied.set(key, copies);
    return copies;
  };

  // Of what can be stacked, only this is asked for by its own name.
  const used = new Set([...roots, ...order.flatMap((tensor) => (original(tensor) ? [] : tensor.inputs))]);
  return {
    gradients: pulledBack,
    make(tensor, of) {
      const first = original(tensor);
      if (!first) {
        return alone(tensor, of);
      }
      return used.has(tensor) ? replacementOf(first) : undefined;
    },
  };

  /** Whether a tensor costs nothing: an input of the program in some shape. */
  function isAtHand(tensor: Tensor): boolean {
    const source = reshapeSource(tensor);
    return isInput(tensor) || (source !== undefined && isAtHand(original(source)!));
  }
}

/** Tensors of one shape as one, `[K, …]`. */
function asStack(tensors: readonly Tensor[]): Tensor {
  return concatenate(
    tensors.map((tensor) => reshape(tensor, [1, ...tensor.shape])),
    0,
  );
}

/**
 * The terms of every sum among these tensors that is not itself a term of another one: what a chain of additions
 * adds, if nothing else uses its intermediate results and `isPart` holds for all of them.
 *
 * @param order the tensors, inputs first
 * @param results those whose values are needed themselves
 */
function sumsIn(
  order: readonly Tensor[],
  results: readonly Tensor[],
  isPart: (tensor: Tensor) => boolean,
): ReadonlyMap<Tensor, readonly Tensor[]> {
  const user = soleUsers(order, results);
  const terms = new Map<Tensor, Tensor[]>();
  for (const tensor of order.filter((node) => isResultOf(add.operation, node) && isPart(node))) {
    const own = tensor.inputs.flatMap((input) => {
      const inner = user.get(input) === tensor ? terms.get(input) : undefined;
      if (inner) {
        terms.delete(input);
      }
      return inner ?? [input];
    });
    terms.set(tensor, own);
  }
  return terms;
}
